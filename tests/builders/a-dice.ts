/** Whole numbers below 2³², the same ones for the same seed (mulberry32). */
export function aDraw(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

/** The same, from 0 to 1. */
export function aDice(seed: number): () => number {
  const draw = aDraw(seed);
  return () => draw() / 2 ** 32;
}
