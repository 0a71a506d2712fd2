import { AUTHENTICATION_MEANS, CONTEXT_CLASS } from '../../law/authentication-means.js';
import type { Claims } from './claims.js';
import { refuseUnless } from './refusal.js';

/** The pair of class and declaration is one of the convention's six, and one that this establishment declared. */
export function checkMeans({ contextClass, contextDeclaration }: Claims, declared: readonly number[]): void {
  const means = AUTHENTICATION_MEANS.find(
    (one) => contextClass === `${CONTEXT_CLASS}${one.contextClass}` && contextDeclaration === one.declaration,
  );
  refuseUnless(means && declared.includes(means.number), 'means');
}
