/** Why an assertion was refused: a name for tests and for nobody outside, who is told INVALID_GRANT in every case. */
export class Refusal extends Error {
  constructor(readonly reason: string) {
    super(reason);
    this.name = 'Refusal';
  }
}

/** @throws Refusal unless the condition holds */
export function refuseUnless(condition: unknown, reason: string): asserts condition {
  if (!condition) throw new Refusal(reason);
}
