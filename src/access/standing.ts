import type { PerimeterStep, Principal } from './principal.js';

/** The structure that answers for a caller: the establishment of the proof, or else that of the professional. */
export const structureOf = ({ establishment, professional }: Principal): string | undefined =>
  establishment ?? professional?.structureFiness;

/**
 * Fails the running transaction (LC403) when the caller, its structure or its client is suspended. As its last step:
 * whatever was suspended before the data was read is then seen (SECURITY F24).
 */
export const standingStep = (principal: Principal): PerimeterStep => ({
  text: 'select lancette.require_standing($1, $2, $3)',
  values: [principal.subject, structureOf(principal) ?? null, principal.client ?? null],
});
