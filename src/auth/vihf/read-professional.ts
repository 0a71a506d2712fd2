import type { ProfessionalIdentity } from '../../access/principal.js';
import { rppsOfPscSubject } from '../../kernel/identifiers.js';
import { PROFESSION_SYSTEMS } from '../../law/authentication-means.js';
import { type Claims, theValue } from './claims.js';
import { Refusal, refuseUnless } from './refusal.js';

const ROLE = 'urn:oasis:names:tc:xacml:2.0:subject:role';
const SUBJECT_ID = 'urn:oasis:names:tc:xspa:1.0:subject:subject-id';

/** How the register writes a profession that may consult on that day, or nothing: whoever is not named may not. */
export type ConsultingProfession = (code: string, on: Date) => string | undefined;

/** The professional for whom the establishment vouches: the identifier is his (convention AIR, art. 3.2). */
export function readProfessional(
  claims: Claims,
  finess: string,
  consulting: ConsultingProfession,
  now: Date,
): ProfessionalIdentity {
  const rpps = rppsOfPscSubject(claims.nameId);
  if (!rpps) throw new Refusal('rpps');
  const category = consulting(professionOf(claims), now);
  if (!category) throw new Refusal('profession');
  return { rpps, ...personNameOf(claims), category, structureFiness: finess };
}

/** Exactly one profession; a speciality may stand beside it, in a code system of its own. */
function professionOf({ attributes }: Claims): string {
  const systems: readonly string[] = PROFESSION_SYSTEMS;
  const professions = (attributes.get(ROLE) ?? []).filter(({ codeSystem = '' }) => systems.includes(codeSystem));
  const [profession] = professions;
  refuseUnless(professions.length === 1 && /^\d{2}$/.test(profession?.code ?? ''), 'role');
  return profession?.code ?? '';
}

/** Name, first name and structure, between commas or spaces: shown in traces, and never what a right hangs on. */
function personNameOf(claims: Claims): { familyName: string; firstName: string } {
  const text = theValue(claims, SUBJECT_ID).text.trim();
  const [familyName = '', firstName = ''] = text.split(text.includes(',') ? ',' : /\s+/).map((part) => part.trim());
  refuseUnless(/^.{1,80}$/u.test(familyName) && /^.{1,80}$/u.test(firstName), 'name');
  return { familyName, firstName };
}
