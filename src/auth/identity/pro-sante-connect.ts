import { z } from 'zod';
import type { Competences } from '../../access/competence.js';
import type { Principal, ProfessionalIdentity } from '../../access/principal.js';
import { LancetteError } from '../../kernel/errors.js';
import { isFiness, isRpps } from '../../kernel/identifiers.js';
import { PROFESSION_LABELS } from '../../law/professions.js';
import { type Proven, TokenExchange } from './token-exchange.js';
import type { Upstream } from './upstream.js';

const name = z.string().min(1).max(80);
const Activity = z.object({ numeroFinessSite: z.string().max(9).nullish() });
/** One practice of a professional: DOMAIN §5.2, claim `SubjectRefPro`. */
const Practice = z.object({
  codeProfession: z.string().regex(/^\d{2}$/),
  codeCategorieProfessionnelle: z.enum(['C', 'M', 'E']),
  codeTypeSavoirFaire: z.string().max(10).nullish(),
  codeSavoirFaire: z.string().max(10).nullish(),
  nomDexercice: name.nullish(),
  prenomDexercice: name.nullish(),
  activities: z.array(Activity).max(50).nullish(),
});
type Practice = z.infer<typeof Practice>;
const OtherIds = z.array(z.object({ identifiant: z.string(), origine: z.string() })).max(20);

const Claims = z.object({
  SubjectNameID: z.string().max(40),
  given_name: name,
  family_name: name,
  SubjectOrganizationID: z.string().max(40).nullish(),
  SubjectRefPro: z.object({ exercices: z.array(Practice).min(1).max(20) }),
  // Spelled in two ways by the agency's own services.
  otherIds: OtherIds.nullish(),
  otherIDs: OtherIds.nullish(),
});
type Claims = z.infer<typeof Claims>;

/** Professionals by Pro Santé Connect: who he is and which practice he exercises, from the provider's claims alone. */
export class ProSanteConnect extends TokenExchange {
  protected readonly kind = 'professional';

  constructor(
    upstream: Upstream,
    audience: string,
    private readonly competences: Competences,
  ) {
    super(upstream, audience);
  }

  protected async principalOf({ claims, recipient, professions, request }: Proven): Promise<Principal> {
    const who = Claims.parse(claims);
    const professional = identityOf(who, chosen(who.SubjectRefPro.exercices, request.parameters.get('practice')));
    const { profession = '' } = professional;
    if (professions && !professions.includes(profession)) throw new LancetteError('INVALID_GRANT');
    // A profession that may do nothing of the pathway has no need to know a patient.
    if (this.competences.actsOf(professional, request.now).length === 0) throw new LancetteError('INVALID_GRANT');
    return { recipient, subject: professional.rpps, professional };
  }
}

/** Practices differ by profession and category: `10C` (DOMAIN §5.2). */
const codeOf = (practice: Practice): string => practice.codeProfession + practice.codeCategorieProfessionnelle;

/** @throws PRACTICE_REQUIRED with the codes, when there are several and none was chosen */
function chosen(practices: readonly Practice[], asked: string | undefined): Practice {
  const codes = [...new Set(practices.map(codeOf))];
  if (asked === undefined && codes.length > 1) throw new LancetteError('PRACTICE_REQUIRED', { choices: codes });
  const fitting = practices.filter((practice) => codeOf(practice) === (asked ?? codes[0]));
  // Two that no code tells apart: nobody may choose in his place.
  if (fitting.length !== 1) throw new LancetteError('INVALID_GRANT');
  return fitting[0] as Practice;
}

function identityOf(claims: Claims, practice: Practice): ProfessionalIdentity {
  const { codeProfession, codeCategorieProfessionnelle, codeTypeSavoirFaire, codeSavoirFaire } = practice;
  return {
    rpps: nationalNumber(claims),
    profession: codeProfession,
    practiceCategory: codeCategorieProfessionnelle,
    // Type S is a speciality; other kinds of know-how open no right.
    speciality: codeTypeSavoirFaire === 'S' ? (codeSavoirFaire ?? undefined) : undefined,
    familyName: practice.nomDexercice ?? claims.family_name,
    firstName: practice.prenomDexercice ?? claims.given_name,
    category: PROFESSION_LABELS[codeProfession] ?? codeProfession,
    structureFiness: structureOf(claims, practice),
  };
}

const ADELI = /^\d[0-9AB]\d{7}$/;

/** `SubjectNameID`: one digit says which register the number is from, 8 RPPS, 0 ADELI (DOMAIN §2.3). */
function nationalNumber({ SubjectNameID, otherIds, otherIDs }: Claims): string {
  const prefix = SubjectNameID.slice(0, 1);
  const number = SubjectNameID.slice(1);
  const origin = prefix === '8' && isRpps(number) ? 'RPPS' : prefix === '0' && ADELI.test(number) ? 'ADELI' : undefined;
  if (!origin) throw new LancetteError('INVALID_GRANT');
  const others = [...(otherIds ?? []), ...(otherIDs ?? [])].filter(({ origine }) => origine === origin);
  if (others.some(({ identifiant }) => identifiant !== number)) throw new LancetteError('INVALID_GRANT');
  return number;
}

/** The site of the practice chosen, or else of the organisation: `F` and its FINESS; other kinds are no structure here. */
function structureOf({ SubjectOrganizationID }: Claims, { activities }: Practice): string | undefined {
  const organisation = SubjectOrganizationID?.startsWith('F') ? SubjectOrganizationID.slice(1) : undefined;
  const sites = (activities ?? []).flatMap(({ numeroFinessSite }) => numeroFinessSite ?? []);
  return [...(sites.length === 1 ? sites : []), organisation].find((finess) => finess && isFiness(finess));
}
