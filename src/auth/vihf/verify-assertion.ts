import { createHash } from 'node:crypto';
import type { ProfessionalIdentity } from '../../access/principal.js';
import { isFiness } from '../../kernel/identifiers.js';
import { isOwnConnection, sealsInForce } from './certificates.js';
import { readText } from './check-markup.js';
import { readClaims, theValue } from './claims.js';
import {
  checkDestination,
  checkHabilitation,
  checkIssuer,
  checkMeans,
  checkTimes,
  type Destination,
  STRUCTURE,
} from './conditions.js';
import type { DeclaredEstablishment, EstablishmentRegister } from './establishments.js';
import { type ParsedAssertion, parseDocument } from './parse-document.js';
import { type ConsultingProfession, readProfessional } from './read-professional.js';
import { Refusal, refuseUnless } from './refusal.js';
import { signatureMethodOf, verifySignature } from './signature.js';

export interface Verification extends Destination {
  readonly establishments: EstablishmentRegister;
  readonly consulting: ConsultingProfession;
}

export interface Presented {
  /** The parameter `assertion`. */
  readonly assertion: string;
  /** SHA-256 thumbprint (base64url) of the TLS client certificate, when there is one. */
  readonly certificate?: string;
  readonly now: Date;
}

export interface VerifiedAssertion {
  readonly professional: ProfessionalIdentity;
  readonly establishment: string;
  /** What makes this assertion one of a kind: SHA-256 of its ID and issuer. */
  readonly replayId: string;
  /** Until when it must not be accepted again. */
  readonly until: Date;
}

/**
 * The whole of what makes an assertion believable, in order. Its single use is the caller's to hold.
 * @throws Refusal, or what a library throws at hostile content; the caller answers all of it alike
 */
export async function verifyAssertion(presented: Presented, rules: Verification): Promise<VerifiedAssertion> {
  const parsed = parseDocument(readText(presented.assertion), 'signed');
  const claimed = readClaims(parsed.root);
  const establishment = await establishmentNamed(theValue(claimed, STRUCTURE).text, rules.establishments);
  const assertion = verifyWithAnySeal(parsed, establishment, claimed.issuer, presented.now);
  return judge(assertion, establishment, claimed.issuer, presented, rules);
}

/** Which keys are tried is all that the unverified message decides. */
async function establishmentNamed(finess: string, register: EstablishmentRegister): Promise<DeclaredEstablishment> {
  refuseUnless(isFiness(finess), 'structure');
  const establishment = await register.findEstablishment(finess);
  if (establishment?.finess !== finess) throw new Refusal('establishment unknown');
  return establishment;
}

function verifyWithAnySeal(
  parsed: ParsedAssertion,
  { certificates }: DeclaredEstablishment,
  issuer: string,
  now: Date,
): Element {
  const seals = sealsInForce(certificates, issuer, now);
  refuseUnless(seals.length > 0, 'certificate');
  let failure: unknown = new Refusal('signature algorithm');
  for (const seal of seals.filter(({ algorithm }) => algorithm === signatureMethodOf(parsed.root))) {
    try {
      return verifySignature(parsed, seal);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** From here on, only what was signed is read. */
function judge(
  assertion: Element,
  { finess, means, certificates }: DeclaredEstablishment,
  issuer: string,
  { certificate, now }: Presented,
  rules: Verification,
): VerifiedAssertion {
  const claims = readClaims(assertion);
  checkIssuer(claims, issuer);
  const until = checkTimes(claims, now);
  checkDestination(claims, rules);
  checkHabilitation(claims, finess);
  checkMeans(claims, means);
  refuseUnless(certificate === undefined || isOwnConnection(certificates, certificate, now), 'connection');
  const professional = readProfessional(claims, finess, rules.consulting, now);
  const replayId = createHash('sha256')
    .update(JSON.stringify([claims.id, issuer]))
    .digest('base64url');
  return { professional, establishment: finess, replayId, until };
}
