import type { Recipient } from './recipients.js';
import type { Citation } from './texts.js';

interface OperationRule {
  readonly kind: 'query' | 'mutation';
  /** What the call is for, in the decree's or the AIPD's terms. */
  readonly label: string;
  /** Who may call it; whoever is absent may not. */
  readonly to: Partial<Record<Recipient, Citation>>;
  /** A search by identity, of which a request may hold one (AIPD M1.47). */
  readonly search?: true;
}

const everyone = 'art. 3' as const;

/** Every root field of the API and who may call it. A root field that is not here stops the start. */
export const OPERATIONS = {
  myRights: {
    kind: 'query',
    label: 'Ses propres droits, case par case, avec leurs articles',
    to: {
      PS: everyone, MEDECIN_TRAITANT: everyone, AGENT_AM: everyone, AGENT_ATTESTATION: everyone, DNUM: everyone, DMP: everyone,
      ANSM: everyone, SPIS: everyone, SPF: everyone, ARS: everyone, DREES: everyone, HDH: everyone, PILOTAGE: everyone,
      REMUNERATION: everyone, PATIENT: everyone, OPERATEUR: everyone, AUDITEUR: everyone,
    },
  },
  patientByInvitation: {
    kind: 'query',
    label: 'Patient pris en charge, par le code de son invitation',
    to: { PS: 'AIPD M1.47' },
    search: true,
  },
  patientByNir: {
    kind: 'query',
    label: 'Patient ou assuré, par son NIR et sa date de naissance',
    to: { PS: 'AIPD M1.47', AGENT_AM: 'art. 3, I, 3°', AGENT_ATTESTATION: 'AIPD, attestation' },
    search: true,
  },
  stepSummary: {
    kind: 'query',
    label: 'Bilan des étapes d’un patient pris en charge',
    to: { PS: 'AIPD, suivi' },
    search: true,
  },
  stepSummaryPdf: {
    kind: 'query',
    label: 'Le même bilan en PDF (base64), à remettre au patient',
    to: { PS: 'AIPD, suivi' },
    search: true,
  },
  patient: {
    kind: 'query',
    label: 'Une personne de son périmètre',
    to: { MEDECIN_TRAITANT: 'art. 3, I, 2°', AGENT_AM: 'art. 3, I, 3°', AGENT_ATTESTATION: 'AIPD, attestation' },
  },
  myPatients: { kind: 'query', label: 'Ses patients', to: { MEDECIN_TRAITANT: 'art. 3, I, 2°' } },
  unvaccinatedPatients: {
    kind: 'query',
    label: 'La liste demandée de ses patients non vaccinés, un mois durant',
    to: { MEDECIN_TRAITANT: 'art. 3, I, 2°' },
  },
  patients: {
    kind: 'query',
    label: 'Personnes de son périmètre, page par page',
    to: {
      DNUM: 'art. 3, I, 4°',
      DMP: 'AIPD, destinataires, 5°',
      ANSM: 'AIPD, destinataires, 6°',
      SPF: 'AIPD, destinataires pseudonymisés, 1°',
      ARS: 'AIPD, destinataires pseudonymisés, 2°',
      DREES: 'AIPD, destinataires pseudonymisés, 3°',
      HDH: 'AIPD, destinataires pseudonymisés, 4°',
    },
  },
  vaccinationSites: { kind: 'query', label: 'Lieux de vaccination et vaccins proposés', to: { SPIS: 'AIPD, destinataires, 7°' } },
  professionals: { kind: 'query', label: 'Professionnels de l’offre de vaccination', to: { SPIS: 'AIPD, destinataires, 7°' } },
  acts: { kind: 'query', label: 'Actes à payer', to: { REMUNERATION: 'AIPD, paiement' } },
  me: { kind: 'query', label: 'Son propre dossier', to: { PATIENT: 'AIPD, droits' } },
  targetingImports: { kind: 'query', label: 'Imports de ciblage et leurs volumes', to: { OPERATEUR: 'AIPD M1.58' } },
  targetingRejects: { kind: 'query', label: 'Lignes rejetées, mises en réserve', to: { OPERATEUR: 'AIPD M1.58' } },
  targetingRuns: { kind: 'query', label: 'Traces des traitements par lots : volumes, durée, erreurs', to: { OPERATEUR: 'AIPD M1.58' } },
  invitationPhases: { kind: 'query', label: 'Phases de la campagne, dates, critères et canaux', to: { OPERATEUR: 'AIPD, ciblage' } },
  invitationRuns: { kind: 'query', label: 'Planifications et envois d’invitations, avec leurs volumes', to: { OPERATEUR: 'AIPD M1.58' } },
  traces: { kind: 'query', label: 'Traces des consultations et des refus', to: { AUDITEUR: 'AIPD M1.102' } },
  accreditations: { kind: 'query', label: 'Agents habilités, pour la revue annuelle des accès', to: { OPERATEUR: 'AIPD M2.33' } },
  bodyDelegations: { kind: 'query', label: 'Délégations entre organismes, pour la même revue', to: { OPERATEUR: 'AIPD M2.33' } },
  requestUnvaccinatedList: {
    kind: 'mutation',
    label: 'Demander la liste de ses patients non vaccinés',
    to: { MEDECIN_TRAITANT: 'art. 3, I, 2°' },
  },
  recordEligibility: { kind: 'mutation', label: 'Enregistrer la consultation préalable', to: { PS: 'art. 3, I, 1°' } },
  recordInjection: { kind: 'mutation', label: 'Enregistrer une injection', to: { PS: 'art. 3, I, 1°' } },
  reportAdverseEffect: {
    kind: 'mutation',
    label: 'Lien signé, de courte durée, vers le portail de l’ANSM pour un effet indésirable immédiat',
    to: { PS: 'AIPD, suivi' },
    search: true,
  },
  correctInjection: { kind: 'mutation', label: 'Rectifier une injection, à la demande de la personne', to: { AGENT_AM: 'AIPD, droits' } },
  correctEligibility: {
    kind: 'mutation',
    label: 'Rectifier la consultation préalable, à la demande de la personne',
    to: { AGENT_AM: 'AIPD, droits' },
  },
  withdrawStep: {
    kind: 'mutation',
    label: 'Retirer une étape enregistrée sur le dossier d’une autre personne',
    to: { AGENT_AM: 'AIPD, droits' },
  },
  recordObjection: {
    kind: 'mutation',
    label: 'S’opposer au traitement avant l’entrée dans le parcours : le dossier est supprimé',
    to: { AGENT_AM: 'art. 5', PATIENT: 'art. 5' },
  },
  recordResearchObjection: {
    kind: 'mutation',
    label: 'S’opposer à la transmission pour la recherche',
    to: { AGENT_AM: 'AIPD, droits', PATIENT: 'AIPD, droits' },
  },
  supplyLevels: { kind: 'query', label: 'Approvisionnement des lieux, par produit et par lot', to: { OPERATEUR: 'AIPD, finalités, 2°' } },
  indicators: {
    kind: 'query',
    label: 'Indicateurs de la campagne : tableaux déclarés d’une copie dé-identifiée, secret statistique appliqué',
    to: { PILOTAGE: 'AIPD, pilotage', ARS: 'AIPD, destinataires pseudonymisés, 2°' },
  },
  issueAttestation: {
    kind: 'mutation',
    label: 'Délivrer le certificat de vaccination',
    to: { PS: 'décret 2021-1670', AGENT_ATTESTATION: 'AIPD, attestation', PATIENT: 'décret 2021-1670' },
  },
} as const satisfies Record<string, OperationRule>;

export type Operation = keyof typeof OPERATIONS;
export const OPERATION_IDS = Object.keys(OPERATIONS) as Operation[];
export const operationRule = (operation: Operation): OperationRule => OPERATIONS[operation];
export const isOperation = (name: string): name is Operation => Object.hasOwn(OPERATIONS, name);
