import type { ServerResponse } from 'node:http';
import { LancetteError } from '../kernel/errors.js';

/** Gives a request its time: the signal fires when it is over, or when the caller has gone. */
export class Deadline {
  private readonly controller = new AbortController();
  private readonly timer: NodeJS.Timeout;

  constructor(response: ServerResponse, milliseconds: number) {
    this.timer = setTimeout(() => this.abandon(), milliseconds);
    response.once('close', () => {
      clearTimeout(this.timer);
      if (!response.writableFinished) this.abandon();
    });
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /**
   * The result of the work, unless its time is over first: the work then ends by itself, at its next step.
   * @throws UNAVAILABLE
   */
  async within<T>(work: Promise<T>): Promise<T> {
    let stop = (): void => undefined;
    const over = new Promise<never>((_, reject) => {
      stop = () => reject(this.signal.reason);
      this.signal.addEventListener('abort', stop, { once: true });
    });
    try {
      this.signal.throwIfAborted();
      return await Promise.race([work, over]);
    } finally {
      this.signal.removeEventListener('abort', stop);
      work.catch(() => undefined);
    }
  }

  private abandon(): void {
    this.controller.abort(new LancetteError('UNAVAILABLE'));
  }
}
