/**
 * When the answer to one request may leave. Once a search by NIR was made in it, only at a multiple of the step since the
 * request arrived: whether the person was targeted, taken in or unknown is spent within the same step (AIPD M1.50).
 */
export class Pace {
  private held = false;
  private readonly arrived = performance.now();

  constructor(private readonly stepMilliseconds: number) {}

  /** From now on this answer leaves on the grid. */
  onGrid(): void {
    this.held = true;
  }

  /** Fulfilled when the answer may leave; undefined when it may leave at once. */
  leave(): Promise<void> | undefined {
    if (!this.held) return undefined;
    const spent = performance.now() - this.arrived;
    const due = this.arrived + Math.ceil(spent / this.stepMilliseconds) * this.stepMilliseconds;
    return reached(due);
  }
}

/** Timers count whole milliseconds from the event loop's own clock and may fire early: the rest is waited for again. */
async function reached(due: number): Promise<void> {
  for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
  }
}
