import type { Recipient } from '../law/recipients.js';
import { recipientRule } from '../law/recipients.js';

/** Who is calling, once the token is verified. Identities come from here and never from an argument (SECURITY A35). */
export interface Principal {
  readonly recipient: Recipient;
  /** The actor that traces name: RPPS, agent or client identifier. */
  readonly subject: string;
  readonly professional?: ProfessionalIdentity;
  /** Scheme and body codes joined, own and delegating (AIPD M1.94). */
  readonly bodies?: readonly string[];
  readonly region?: string;
  /** Public identifier of the person, for `PATIENT`. */
  readonly patient?: string;
  /** OAuth client through which the call comes: an agency, or a practice software. */
  readonly client?: string;
  /** Geographic FINESS of the establishment that vouches for the caller. */
  readonly establishment?: string;
  /** Identifier of the accreditation by which an agent acts; looked up anew at each request. */
  readonly accreditation?: string;
  /** The proof allows to consult and nothing else: an establishment's assertion (convention AIR). */
  readonly consultationOnly?: true;
}

export interface ProfessionalIdentity {
  /** RPPS, or the ADELI number (9 digits) of a professional whom the RPPS does not know yet. */
  readonly rpps: string;
  /** Code of the profession in the national nomenclature (NOS), its category of practice and speciality. */
  readonly profession?: string;
  readonly practiceCategory?: string;
  readonly speciality?: string;
  readonly amNumber?: string;
  readonly familyName: string;
  readonly firstName: string;
  readonly category: string;
  readonly phone?: string;
  readonly email?: string;
  readonly structureFiness?: string;
}

export interface PerimeterStep {
  readonly text: string;
  readonly values: readonly (string | Buffer | null)[];
}

/** How the database is told whose rows may be reached, before anything is read in the same transaction. */
export function perimeterStep(
  principal: Principal,
  care?: { code: string | null; nirIndex: Buffer | null; birthDate: string },
): PerimeterStep | undefined {
  switch (recipientRule(principal.recipient).rows) {
    case 'care':
      return (
        care && { text: 'select lancette.enter_care($1, $2, $3)', values: [care.code, care.nirIndex, care.birthDate] }
      );
    case 'self':
      return { text: 'select lancette.enter_self($1)', values: [principal.patient ?? null] };
    case 'attending':
      return setting('rpps', principal.professional?.rpps);
    case 'ownBodies':
      return principal.accreditation
        ? {
            text: 'select lancette.enter_accreditation($1, $2)',
            values: [principal.accreditation, principal.recipient],
          }
        : setting('bodies', principal.bodies?.join(','));
    case 'ownRegion':
      return setting('region', principal.region);
    default:
      return undefined;
  }
}

const setting = (name: string, value: string | undefined): PerimeterStep => ({
  text: `select set_config('lancette.${name}', $1, true)`,
  values: [value ?? ''],
});

/** Whether a search makes the person found the patient in care, to the exclusion of every other. */
export const findsPatientInCare = (principal: Principal): boolean => recipientRule(principal.recipient).rows === 'care';
