import type { Category } from './categories.js';
import { type Cell, none, read, readIf, transform } from './cells.js';
import type { Recipient } from './recipients.js';

/** One switch per reading stricter than the law, or open in it; strict by default. An amendment is an edit here. */
export const SWITCHES = {
  /** The law grants 3° to professionals; a missing address would reveal a soldier (AIPD M1.32). */
  contactShownToProfessionals: false,
  /** 6° to the shared medical record (conflict 3). */
  healthDataFedToDmp: false,
} as const;

const SURVEILLANCE = 'AIPD, destinataires pseudonymisés, 1°';
const REGION = 'AIPD, destinataires pseudonymisés, 2°';
const STATISTICS = 'AIPD, destinataires pseudonymisés, 3°';
const RESEARCH = 'AIPD, destinataires pseudonymisés, 4°';

const PSEUDONYMISED_PERSON = ['Patient.pseudonym', 'Patient.sex', 'Patient.ageClass'] as const;
const PSEUDONYMISED_VACCINATION = ['InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.performedAt', 'InjectionStep.placeCategory', 'Professional.category'] as const;

/** What the professional is alerted to and recalls for: named by the decree for him alone. */
const ALERTS = ['StepWarning.code', 'StepWarning.message', 'StepWarning.source'] as const;
const RECALL = ['NextStep.kind', 'NextStep.rank', 'NextStep.earliestOn', 'NextStep.latestOn', 'NextStep.source'] as const;

const dmpHealth = SWITCHES.healthDataFedToDmp ? read('AIPD, destinataires, 5°', 3) : none('AIPD, destinataires, 5°', 3);

/**
 * Who receives what: article 3 of the decree as amended, read with the AIPD. Complete by type, closed by default.
 * The row perimeter of each recipient (`RECIPIENTS[…].rows`) applies on top of every cell.
 */
export const MATRIX: Record<Recipient, Record<Category, Cell>> = {
  PS: {
    '1°': read('art. 3, I, 1°'),
    '2°': none('AIPD M1.33', 11),
    '3°': SWITCHES.contactShownToProfessionals ? read('art. 3, I, 1°') : none('AIPD M1.32'),
    '4°': transform(['Invitation.code'], 'AIPD M1.50', 15),
    '5°': read('art. 3, I, 1°'),
    '6°a': none('art. 3, I, 1°', 13),
    '6°b': transform(['Patient.contraindications', 'EligibilityStep.notRecommendedVaccines', ...ALERTS], 'art. 3, I, 1°', 13),
    '6°c': read('art. 3, I, 1°'),
    '6°d': transform(['Patient.infectionDate', ...RECALL], 'art. 3, I, 1°'),
    '7°': none('AIPD M2.42', 12),
    '8°': read('art. 3, I, 1°'),
    certificat: read('décret 2021-1670'),
  },
  MEDECIN_TRAITANT: {
    '1°': read('art. 3, I, 2°'),
    '2°': none('art. 3, I, 2°'),
    '3°': none('art. 3, I, 2°'),
    '4°': none('art. 3, I, 2°'),
    '5°': readIf('consent', 'art. 3, I, 2°', 2),
    '6°a': readIf('consent', 'art. 3, I, 2°', 1),
    '6°b': readIf('consent', 'art. 3, I, 2°', 1),
    '6°c': readIf('consent', 'art. 3, I, 2°', 1),
    '6°d': readIf('consent', 'art. 3, I, 2°', 1),
    '7°': none('art. 3, I, 2°'),
    '8°': readIf('consent', 'art. 3, I, 2°', 2),
    certificat: none('art. 3, I, 2°'),
  },
  AGENT_AM: {
    '1°': read('art. 3, I, 3°', 9),
    '2°': read('art. 3, I, 3°', 9),
    '3°': read('art. 3, I, 3°', 9),
    '4°': read('art. 3, I, 3°', 9),
    '5°': read('art. 3, I, 3°', 9),
    '6°a': none('art. 3, I, 3°'),
    '6°b': none('art. 3, I, 3°'),
    '6°c': none('art. 3, I, 3°'),
    '6°d': none('art. 3, I, 3°'),
    '7°': read('art. 3, I, 3°', 9),
    '8°': read('art. 3, I, 3°', 9),
    certificat: none('AIPD, personnes accédant au SI', 9),
  },
  AGENT_ATTESTATION: {
    '1°': transform(['Patient.id', 'Patient.birthName', 'Patient.usageName', 'Patient.firstNames', 'Patient.birthDate'], 'AIPD M1.81', 9),
    '2°': none('AIPD M1.81', 9),
    '3°': none('AIPD M1.81', 9),
    '4°': none('AIPD M1.81', 9),
    '5°': transform(['InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.performedAt'], 'AIPD M1.81', 9),
    '6°a': none('AIPD M1.81', 9),
    '6°b': none('AIPD M1.81', 9),
    '6°c': none('AIPD M1.81', 9),
    '6°d': none('AIPD M1.81', 9),
    '7°': none('AIPD M1.81', 9),
    '8°': none('AIPD M1.81', 9),
    certificat: read('AIPD, attestation', 9),
  },
  DNUM: {
    '1°': read('art. 3, I, 4°', 7),
    '2°': none('art. 3, I, 4°', 7),
    '3°': none('art. 3, I, 4°', 8),
    '4°': none('art. 3, I, 4°', 7),
    '5°': transform(['InjectionStep.rank', 'InjectionStep.vaccine', 'InjectionStep.lotNumber', 'InjectionStep.performedAt'], 'AIPD, conservation', 7),
    '6°a': none('art. 3, I, 4°', 7),
    '6°b': none('art. 3, I, 4°', 7),
    '6°c': none('art. 3, I, 4°', 7),
    '6°d': none('art. 3, I, 4°', 7),
    '7°': none('art. 3, I, 4°', 7),
    '8°': none('art. 3, I, 4°', 7),
    certificat: none('art. 3, I, 4°', 7),
  },
  DMP: {
    '1°': read('AIPD, destinataires, 5°'),
    '2°': none('AIPD, destinataires, 5°'),
    '3°': none('AIPD, destinataires, 5°'),
    '4°': read('AIPD, destinataires, 5°'),
    '5°': read('AIPD, destinataires, 5°'),
    '6°a': dmpHealth,
    '6°b': dmpHealth,
    '6°c': dmpHealth,
    '6°d': dmpHealth,
    '7°': read('AIPD, destinataires, 5°'),
    '8°': none('AIPD, destinataires, 5°', 3),
    certificat: none('AIPD, destinataires, 5°'),
  },
  ANSM: {
    '1°': transform(['Patient.birthNamePrefix', 'Patient.firstNamePrefix', 'Patient.birthDate', 'Patient.sex'], 'AIPD, destinataires, 6°', 5),
    '2°': none('AIPD, destinataires, 6°'),
    '3°': none('AIPD, destinataires, 6°'),
    '4°': none('AIPD, destinataires, 6°'),
    '5°': read('AIPD, destinataires, 6°'),
    '6°a': read('AIPD, destinataires, 6°', 4),
    '6°b': read('AIPD, destinataires, 6°', 4),
    '6°c': read('AIPD, destinataires, 6°', 4),
    '6°d': read('AIPD, destinataires, 6°', 4),
    '7°': read('AIPD, destinataires, 6°'),
    '8°': none('AIPD, destinataires, 6°', 5),
    certificat: none('AIPD, destinataires, 6°'),
  },
  SPIS: {
    '1°': none('AIPD, destinataires, 7°'),
    '2°': none('AIPD, destinataires, 7°'),
    '3°': none('AIPD, destinataires, 7°'),
    '4°': none('AIPD, destinataires, 7°'),
    '5°': transform(['Professional.rpps', 'Professional.familyName', 'Professional.firstName', 'Professional.category'], 'AIPD, destinataires, 7°', 6),
    '6°a': none('AIPD, destinataires, 7°'),
    '6°b': none('AIPD, destinataires, 7°'),
    '6°c': none('AIPD, destinataires, 7°'),
    '6°d': none('AIPD, destinataires, 7°'),
    '7°': none('AIPD, destinataires, 7°'),
    '8°': read('AIPD, destinataires, 7°'),
    certificat: none('AIPD, destinataires, 7°'),
  },
  SPF: {
    '1°': transform(PSEUDONYMISED_PERSON, SURVEILLANCE, 14),
    '2°': none(SURVEILLANCE),
    '3°': transform(['Patient.department'], SURVEILLANCE, 14),
    '4°': none(SURVEILLANCE),
    '5°': transform([...PSEUDONYMISED_VACCINATION, 'InjectionStep.lotNumber', 'InjectionStep.administrationRoute', 'InjectionStep.injectionSite', 'InjectionStep.placeFiness', 'InjectionStep.placeSiret'], 'AIPD, exports', 14),
    '6°a': none('AIPD, exports'),
    '6°b': transform(['EligibilityStep.notRecommendedVaccines'], 'AIPD, exports'),
    '6°c': none('AIPD, exports'),
    '6°d': none('AIPD, exports'),
    '7°': read('AIPD, exports'),
    '8°': none('AIPD, exports', 14),
    certificat: none(SURVEILLANCE),
  },
  ARS: {
    '1°': transform(PSEUDONYMISED_PERSON, REGION, 14),
    '2°': none(REGION),
    '3°': none(REGION),
    '4°': none(REGION),
    '5°': transform(PSEUDONYMISED_VACCINATION, REGION, 14),
    '6°a': none(REGION),
    '6°b': none(REGION),
    '6°c': none(REGION),
    '6°d': none(REGION),
    '7°': read(REGION),
    '8°': none(REGION, 14),
    certificat: none(REGION),
  },
  DREES: {
    '1°': transform(PSEUDONYMISED_PERSON, STATISTICS, 14),
    '2°': none(STATISTICS),
    '3°': none(STATISTICS),
    '4°': none(STATISTICS),
    '5°': transform(PSEUDONYMISED_VACCINATION, STATISTICS, 14),
    '6°a': none(STATISTICS),
    '6°b': none(STATISTICS),
    '6°c': none(STATISTICS),
    '6°d': none(STATISTICS),
    '7°': read(STATISTICS),
    '8°': none(STATISTICS, 14),
    certificat: none(STATISTICS),
  },
  HDH: {
    '1°': transform(PSEUDONYMISED_PERSON, RESEARCH, 14),
    '2°': none(RESEARCH),
    '3°': none(RESEARCH),
    '4°': none(RESEARCH),
    '5°': transform(PSEUDONYMISED_VACCINATION, RESEARCH, 14),
    '6°a': none(RESEARCH),
    '6°b': none(RESEARCH),
    '6°c': none(RESEARCH),
    '6°d': none(RESEARCH),
    '7°': read(RESEARCH),
    '8°': none(RESEARCH, 14),
    certificat: none(RESEARCH),
  },
  PILOTAGE: nothing('AIPD, pilotage'),
  REMUNERATION: {
    ...nothing('AIPD, paiement'),
    '5°': transform(['Act.kind', 'Act.performedOn', 'Professional.rpps', 'Professional.amNumber'], 'AIPD, paiement'),
  },
  PATIENT: {
    '1°': read('AIPD, droits'),
    '2°': read('AIPD, droits'),
    '3°': read('AIPD, droits'),
    '4°': read('AIPD, droits'),
    '5°': read('AIPD, droits'),
    '6°a': read('AIPD, droits'),
    '6°b': read('AIPD, droits'),
    '6°c': read('AIPD, droits'),
    '6°d': read('AIPD, droits'),
    '7°': read('AIPD, droits'),
    '8°': read('AIPD, droits'),
    certificat: read('décret 2021-1670'),
  },
  OPERATEUR: nothing('AIPD M1.58'),
  AUDITEUR: nothing('AIPD M1.102'),
};

/** A row that grants nothing, by one text. */
function nothing(source: Cell['source']): Record<Category, Cell> {
  const no = none(source);
  return {
    '1°': no, '2°': no, '3°': no, '4°': no, '5°': no, '6°a': no, '6°b': no, '6°c': no, '6°d': no, '7°': no, '8°': no, certificat: no,
  };
}
