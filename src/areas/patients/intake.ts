/**
 * Takes in a person who was never targeted, if a referential knows him (AIPD, suivi). Called before each search by NIR,
 * whoever is sought, and the same work for everybody.
 */
export interface Intake {
  /** @returns whether the referential knows the person, who is then in the register */
  takeIn(nirIndex: Buffer): Promise<boolean>;
}
