import type { FieldId } from './fields.js';

interface SummaryLine {
  readonly label: string;
  readonly field: FieldId;
}

/**
 * What the summary of a patient's steps prints, in the order of the AIPD (« écran bilan », cycle de vie, 2, d et e). Each
 * line is a field of the matrix: what a view is not granted is not printed.
 */
export const SUMMARY = {
  patient: [
    { label: 'Nom de naissance', field: 'Patient.birthName' },
    { label: 'Nom d’usage', field: 'Patient.usageName' },
    { label: 'Prénoms', field: 'Patient.firstNames' },
    { label: 'Date de naissance', field: 'Patient.birthDate' },
    { label: 'NIR', field: 'Patient.nir' },
    { label: 'Code de l’invitation', field: 'Invitation.code' },
  ],
  consultation: [
    { label: 'Date de l’éligibilité', field: 'EligibilityStep.performedAt' },
    { label: 'Date de la prescription', field: 'EligibilityStep.prescribedAt' },
    { label: 'Vaccins non préconisables', field: 'EligibilityStep.notRecommendedVaccines' },
  ],
  injection: [
    { label: 'Stade', field: 'InjectionStep.rank' },
    { label: 'Vaccin', field: 'InjectionStep.vaccine' },
    { label: 'Numéro de lot', field: 'InjectionStep.lotNumber' },
    { label: 'Lot', field: 'InjectionStep.lotStatus' },
    { label: 'Date et heure de l’injection', field: 'InjectionStep.performedAt' },
    { label: 'Mode d’administration', field: 'InjectionStep.administrationRoute' },
    { label: 'Zone d’injection', field: 'InjectionStep.injectionSite' },
    { label: 'Catégorie de lieu', field: 'InjectionStep.placeCategory' },
    { label: 'FINESS du lieu', field: 'InjectionStep.placeFiness' },
    { label: 'SIRET du lieu', field: 'InjectionStep.placeSiret' },
  ],
  professional: [
    { label: 'RPPS', field: 'Professional.rpps' },
    { label: 'N° AM', field: 'Professional.amNumber' },
    { label: 'Nom', field: 'Professional.familyName' },
    { label: 'Prénom', field: 'Professional.firstName' },
    { label: 'Identité', field: 'Professional.assurance' },
  ],
} as const satisfies Record<string, readonly SummaryLine[]>;

export type SummarySection = keyof typeof SUMMARY;
export const SUMMARY_FIELDS: readonly FieldId[] = Object.values(SUMMARY).flatMap((lines: readonly SummaryLine[]) => lines.map(({ field }) => field));

/** The information that every support carries (AIPD, droits: « par la mention suivante figurant sur les supports »), in our words. */
export const INFORMATION_NOTICE =
  'Ce bilan est tiré du traitement de données « SI Vaccin Covid », mis en œuvre par l’Assurance Maladie et la Direction générale ' +
  'de la Santé pour organiser, tracer et suivre la vaccination contre la Covid-19. Vous disposez d’un droit d’accès, de ' +
  'rectification et de limitation sur vos données, et d’opposition sur une partie du traitement. Ces droits s’exercent auprès ' +
  'du directeur de votre caisse d’assurance maladie de rattachement, par son délégué à la protection des données. ' +
  'Pour en savoir plus : ameli.fr.';
