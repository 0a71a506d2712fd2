/** Takes in a person who was never targeted, if a referential knows him (AIPD, suivi). */
export interface Intake {
  /** @returns whether looking again may find the person */
  takeIn(nirIndex: Buffer): Promise<boolean>;
}
