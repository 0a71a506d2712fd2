import { Worker } from 'node:worker_threads';
import { LancetteError } from '../../kernel/errors.js';
import { MOST_WORKBOOK_LINES } from '../../law/indicator-rights.js';
import type { Answer } from './answer.js';

/** Workbooks that may wait for their turn. */
const MOST_WAITING = 8;

/**
 * Makes workbooks, one at a time, in a thread that ends with it: a large one takes seconds, which no other answer waits
 * for, and the library that writes it weighs on nothing else.
 */
export class Workbooks {
  private last: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** @throws INDICATORS_TOO_LARGE beyond 100,000 lines; UNAVAILABLE when too many are waited for */
  async of(answer: Answer): Promise<Buffer> {
    if (answer.days.length * answer.series.length > MOST_WORKBOOK_LINES)
      throw new LancetteError('INDICATORS_TOO_LARGE');
    if (this.waiting >= MOST_WAITING) throw new LancetteError('UNAVAILABLE');
    this.waiting += 1;
    const written = this.last.then(() => writtenApart(answer));
    this.last = written.catch(() => undefined);
    try {
      return await written;
    } finally {
      this.waiting -= 1;
    }
  }
}

function writtenApart(answer: Answer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./workbook.js', import.meta.url), { workerData: answer });
    thread.once('message', (bytes: Uint8Array) => resolve(Buffer.from(bytes)));
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('the thread ended without a workbook')));
  });
}
