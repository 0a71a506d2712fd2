import type { Log } from '../../kernel/log.js';
import { MOST_CHANGES, type PublicationTime, type SteeringCopy } from './steering-copy.js';

const PAUSE_MS = 3000;

/** Folds every few seconds and publishes when it is due, as long as the server runs. */
export class SteeringLoop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly copy: SteeringCopy,
    private readonly time: PublicationTime,
    private readonly log: Log,
    private readonly pauseMs = PAUSE_MS,
  ) {}

  /** Resolves when the first turn has ended, well or not. */
  start(): Promise<void> {
    this.running = this.turn().then(
      () => this.next(),
      (error) => {
        // The changes are still in the log: the next turn takes them.
        this.log.error({ event: 'steering copy not kept up', error });
        this.next();
      },
    );
    return this.running;
  }

  /** No further turn begins; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private next(): void {
    if (!this.stopped) this.timer = setTimeout(() => void this.start(), this.pauseMs);
  }

  private async turn(): Promise<void> {
    for (let more = true; more && !this.stopped; ) {
      const { changes, restart } = await this.copy.fold();
      more = restart || changes === MOST_CHANGES;
    }
    if (!this.stopped) await this.copy.publishIfDue(this.time);
  }
}
