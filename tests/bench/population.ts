export const PATIENTS = 300_000;
export const INJECTIONS = 500_000;
/** These have no injection: they come last in the order of identifiers, so that every page of the feed is a full one. */
export const UNVACCINATED = 20_000;
export const TWO_DOSES = INJECTIONS - (PATIENTS - UNVACCINATED);
export const PROFESSIONALS = 2000;
/** The physician of one patient in a hundred, with the person's consent. */
export const PHYSICIAN_RPPS = '10000000001';
