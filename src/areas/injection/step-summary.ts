import { TaggedPdf } from '../../formats/pdf/document.js';
import { placeCategoryLabel } from '../../law/place-categories.js';
import { INFORMATION_NOTICE, SUMMARY, type SummarySection } from '../../law/summary.js';
import { ROUTES, SITES } from '../../law/vaccines.js';
import { findVaccine } from './schedule.js';

/** Objects as a view answers them: a field that the view lacks is absent, and is not printed. */
type Shown = Readonly<Record<string, unknown>>;

/** The patient of a summary, as the view of the caller shows him. */
export interface SummarisedPatient extends Shown {
  readonly invitations?: readonly Shown[];
  readonly eligibilityStep?: (Shown & { readonly professional?: Shown; readonly prescriber?: Shown }) | null;
  readonly injectionSteps?: readonly (Shown & { readonly professional?: Shown })[] | null;
}

const COLUMNS = [
  { title: 'Donnée', width: 170 },
  { title: 'Valeur', width: 310 },
];

/** The summary of the steps as a tagged PDF in French, with the information that the AIPD wants on every support. */
export async function summaryPdf(patient: SummarisedPatient, createdAt: Date): Promise<Buffer> {
  const pdf = new TaggedPdf({
    title: 'Bilan de vaccination',
    createdAt,
    footer: (page) => `Bilan de vaccination, page ${page}`,
  });
  const part = (title: string, rows: readonly (readonly string[])[]) => {
    if (rows.length > 0) pdf.space(8).heading(2, title).table({ columns: COLUMNS, rows, rowHeaders: true });
  };
  pdf.heading(1, 'Bilan de vaccination contre la Covid-19');
  pdf.paragraph(`Établi le ${french(createdAt)}.`);
  part('Patient', [
    ...linesOf('patient', patient),
    ...(patient.invitations ?? []).flatMap((one) => linesOf('patient', one)),
  ]);
  const { eligibilityStep, injectionSteps } = patient;
  if (eligibilityStep) {
    part('Consultation préalable', [['Accord du patient', 'oui'], ...linesOf('consultation', eligibilityStep)]);
    part('Professionnel de la consultation', linesOf('professional', eligibilityStep.professional));
    part('Prescripteur, à titre indicatif', linesOf('professional', eligibilityStep.prescriber));
  }
  for (const step of injectionSteps ?? []) {
    part(`Injection ${step.rank}`, linesOf('injection', step));
    part(`Professionnel de l’injection ${step.rank}`, linesOf('professional', step.professional));
  }
  pdf.space(12).paragraph(INFORMATION_NOTICE, { size: 8 });
  return pdf.bytes();
}

/** The lines of a section whose field this object holds. */
const linesOf = (section: SummarySection, shown: Shown | null | undefined): string[][] =>
  SUMMARY[section].flatMap(({ label, field }) => {
    const name = field.slice(field.indexOf('.') + 1);
    const value = shown?.[name];
    const isEmpty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    return isEmpty ? [] : [[label, printed(name, value)]];
  });

const PRINTED: Readonly<Record<string, (value: never) => string>> = {
  birthDate: (value: string) => value.split('-').reverse().join('/'),
  performedAt: (value: string) => french(new Date(value)),
  prescribedAt: (value: string) => french(new Date(value)),
  firstNames: (value: readonly string[]) => value.join(', '),
  notRecommendedVaccines: (value: readonly string[]) => value.map(vaccineName).join(', '),
  rank: (value: number) => `injection ${value}`,
  vaccine: vaccineName,
  lotStatus: (value: string) => (value === 'KNOWN' ? 'lot connu' : 'lot non retrouvé parmi les lots connus'),
  administrationRoute: (value: string) => ROUTES[value] ?? value,
  injectionSite: (value: string) => SITES[value] ?? value,
  placeCategory: (value: number) => placeCategoryLabel(value) ?? String(value),
  assurance: (value: string) => (value === 'VERIFIED' ? 'vérifiée' : 'indicative, non vérifiée'),
};

const printed = (name: string, value: unknown): string => (PRINTED[name] ?? String)(value as never);

function vaccineName(mp: string): string {
  const known = findVaccine(mp);
  return known ? `${known.name} (${mp})` : mp;
}

const FRENCH = new Intl.DateTimeFormat('fr-FR', { timeZone: 'Europe/Paris', dateStyle: 'long', timeStyle: 'short' });
const french = (instant: Date): string => FRENCH.format(instant).replaceAll('\u202f', ' ');
