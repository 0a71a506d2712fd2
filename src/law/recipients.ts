import type { Condition } from './conditions.js';
import type { Citation } from './texts.js';

/** Pseudonym spaces: same space = same pseudonym for the same person; nothing links two spaces (DOMAIN §6.3). */
export const PSEUDONYM_SPACES = {
  COVID: { canon: 'SIDEP', column: 'pseudonymCovid', label: 'SI-DEP, SI-VIC et Vaccin Covid (SPF, DREES)' },
  ARS: { canon: 'SIDEP', column: 'pseudonymArs', label: 'Agences régionales de santé' },
  SNDS: { canon: 'SNDS', column: 'pseudonymSnds', label: 'Plateforme des données de santé' },
} as const;
export type PseudonymSpace = keyof typeof PSEUDONYM_SPACES;

interface RecipientRule {
  readonly label: string;
  /** Which persons' rows it may reach at all. */
  readonly rows: Condition;
  readonly source: Citation;
  readonly pseudonyms?: PseudonymSpace;
}

/** Recipients of the decree, in its order, then the person and the two operating profiles of the AIPD. */
export const RECIPIENTS = {
  PS:                { rows: 'care',         source: 'art. 3, I, 1°',                         label: 'Professionnel de santé et personnes sous sa responsabilité' },
  MEDECIN_TRAITANT:  { rows: 'attending',    source: 'art. 3, I, 2°',                         label: 'Médecin traitant choisi par la personne' },
  AGENT_AM:          { rows: 'ownBodies',    source: 'art. 3, I, 3°',                         label: 'Agent d’un régime obligatoire, habilité nommément' },
  AGENT_ATTESTATION: { rows: 'ownBodies',    source: 'AIPD, personnes accédant au SI',        label: 'Agent habilité à délivrer les attestations' },
  DNUM:              { rows: 'openRisk',     source: 'art. 3, I, 4°',                         label: 'Direction du numérique, tiers de confiance (séquestre)' },
  DMP:               { rows: 'vaccinated',   source: 'AIPD, destinataires, 5°',               label: 'CNAM, versement au dossier médical partagé' },
  ANSM:              { rows: 'vaccinated',   source: 'AIPD, destinataires, 6°',               label: 'ANSM et centres régionaux de pharmacovigilance' },
  SPIS:              { rows: 'none',         source: 'AIPD, destinataires, 7°',               label: 'Service public d’information en santé' },
  SPF:               { rows: 'all',          source: 'AIPD, destinataires pseudonymisés, 1°', label: 'Santé publique France', pseudonyms: 'COVID' },
  ARS:               { rows: 'ownRegion',    source: 'AIPD, destinataires pseudonymisés, 2°', label: 'Agence régionale de santé', pseudonyms: 'ARS' },
  DREES:             { rows: 'all',          source: 'AIPD, destinataires pseudonymisés, 3°', label: 'DREES', pseudonyms: 'COVID' },
  HDH:               { rows: 'nonObjector',  source: 'AIPD, destinataires pseudonymisés, 4°', label: 'Plateforme des données de santé', pseudonyms: 'SNDS' },
  PILOTAGE:          { rows: 'none',         source: 'AIPD, pilotage',                        label: 'Pilotage de la campagne (copie dé-identifiée)' },
  REMUNERATION:      { rows: 'all',          source: 'AIPD, paiement',                        label: 'Chaîne de paiement des actes' },
  PATIENT:           { rows: 'self',         source: 'AIPD, droits',                          label: 'La personne elle-même' },
  OPERATEUR:         { rows: 'none',         source: 'AIPD M1.58',                            label: 'Opérateur des traitements par lots' },
  AUDITEUR:          { rows: 'none',         source: 'AIPD M1.102',                           label: 'Lecteur des traces' },
} as const satisfies Record<string, RecipientRule>;

export type Recipient = keyof typeof RECIPIENTS;
export const RECIPIENT_IDS = Object.keys(RECIPIENTS) as Recipient[];
export const recipientRule = (recipient: Recipient): RecipientRule => RECIPIENTS[recipient];
export const isRecipient = (text: string): text is Recipient => Object.hasOwn(RECIPIENTS, text);
