import type { PerimeterStep, Principal } from './principal.js';

/** The structure that answers for a caller: the establishment of the proof, or else that of the professional. */
export const structureOf = ({ establishment, professional }: Principal): string | undefined =>
  establishment ?? professional?.structureFiness;

/** Fails its transaction (LC403) when the caller, its structure or its client is suspended. Its parameters are `standingValues`. */
export const REQUIRE_STANDING = 'lancette.require_standing($1, $2, $3)';

/** How many `standingValues` there are: the parameters of a statement that asks for more come after them. */
export const STANDING_VALUES = 3;

/** What PostgreSQL is told of a caller to know its standing: account, structure, client. */
export const standingValues = (principal: Principal): [string | null, string | null, string | null] => [
  principal.subject,
  structureOf(principal) ?? null,
  principal.client ?? null,
];

/**
 * The last step of a transaction that does not end with a page. As the last one it sees what was suspended before the data
 * was read, so no decision is older than the data (SECURITY F24).
 */
export const standingStep = (principal: Principal): PerimeterStep => ({
  text: `select ${REQUIRE_STANDING}`,
  values: standingValues(principal),
});
