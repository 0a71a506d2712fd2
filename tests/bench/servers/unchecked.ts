import { decodeJwt } from 'jose';
import pg from 'pg';
import type { Principal } from '../../../src/access/principal.js';
import { REQUIRE_STANDING } from '../../../src/access/standing.js';
import { BearerAuthentication } from '../../../src/auth/bearer.js';
import { claimsOf } from '../../../src/auth/claims.js';
import { RequestAdmission } from '../../../src/limits/admission.js';
import { GuessLimits } from '../../../src/limits/guesses.js';
import { MisuseDetector } from '../../../src/limits/misuse.js';

/**
 * In this process whoever calls is believed, and may push as hard as he likes: no token is verified, nothing is counted,
 * nobody is suspended. What is left is the same question without its checks.
 */
export function believeEverybody(): void {
  const believed = new Map<string, Principal>();
  BearerAuthentication.prototype.principalOf = async ({ headers: { authorization = '' } }) => {
    const principal = believed.get(authorization) ?? claimsOf(decodeJwt(authorization.slice(7)), 'demo').principal;
    believed.set(authorization, principal);
    return principal;
  };
  RequestAdmission.prototype.admit = async () => undefined;
  const held = { settle: async () => undefined };
  GuessLimits.prototype.hold = async () => held;
  MisuseDetector.prototype.observe = () => undefined;
  const { parse } = pg.Connection.prototype as unknown as { parse: Parse };
  const unguarded: Parse = function (this: unknown, query) {
    return parse.call(this, { ...query, text: query.text.replace(REQUIRE_STANDING, () => NO_STANDING) });
  };
  Object.assign(pg.Connection.prototype, { parse: unguarded });
}

type Parse = (this: unknown, query: { name: string; text: string }) => void;

/** The step stays, so that both transactions have as many. */
const NO_STANDING = "coalesce($1::text, $2::text, $3::text, '')";
