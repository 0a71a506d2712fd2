/**
 * How often a network may ask for something that is open to all: counted in the memory of this instance, in windows, so
 * that nothing is stored of who asked what.
 */
export class Allowance {
  private readonly counts = new Map<string, number>();
  private window = 0;

  constructor(private readonly rule: { readonly points: number; readonly seconds: number }) {}

  /** @returns seconds to wait, or undefined when the request may pass */
  spend(network: string, now: Date, points = 1): number | undefined {
    const length = this.rule.seconds * 1000;
    const window = Math.floor(now.getTime() / length);
    // Bounded: a flood from ever new networks begins a new count rather than filling the memory.
    if (window !== this.window || this.counts.size > 100_000) this.counts.clear();
    this.window = window;
    const count = (this.counts.get(network) ?? 0) + points;
    this.counts.set(network, count);
    if (count <= this.rule.points) return undefined;
    return Math.max(1, Math.ceil(((window + 1) * length - now.getTime()) / 1000));
  }
}
