import type { PerimeterStep, Principal } from './principal.js';

/** The structure that answers for a caller: the establishment of the proof, or else that of the professional. */
export const structureOf = ({ establishment, professional }: Principal): string | undefined =>
  establishment ?? professional?.structureFiness;

/** What PostgreSQL is told of a caller to know its standing: account, structure, client. */
export const standingValues = (principal: Principal): (string | null)[] => [
  principal.subject,
  structureOf(principal) ?? null,
  principal.client ?? null,
];

/**
 * Part of a statement's `where`: fails the statement (LC403) when the caller, its structure or its client is suspended,
 * by the same snapshot as the data (SECURITY F24). Evaluated once, whether there are rows or none.
 */
export const standingClause = (next: () => string): string =>
  `(select lancette.require_standing(${next()}, ${next()}, ${next()}))`;

/** The same as a step of its own, for transactions that record: as the last one, it sees what was suspended before. */
export const standingStep = (principal: Principal): PerimeterStep => ({
  text: 'select lancette.require_standing($1, $2, $3)',
  values: standingValues(principal),
});
