import { AGE_CLASSES, MEASURES, STAGES, type Stage, THRESHOLDS } from '../law/indicators.js';
import { PLACE_CATEGORIES } from '../law/place-categories.js';
import { REGIONS } from '../law/regions.js';
import { VACCINES } from '../law/vaccines.js';
import { DEPARTMENT_NAMES, MAP_CELLS, REGION_NAMES } from './departments.js';

const STAGE_LABELS: Readonly<Record<Stage, string>> = {
  INITIAL: 'Schéma commencé',
  COMPLETE: 'Schéma complet',
  BOOSTER: 'Rappel',
};

/** Movements of stock, in the order in which a dose meets them. */
const FLOW_LABELS = {
  DELIVERED: 'Livrées',
  SENT: 'Cédées',
  BROKEN: 'Perdues',
  USED: 'Utilisées',
  REMAINING: 'Restantes',
} as const;

/** What the page needs to put words on codes: the law's own lists, and the map. */
export const labels = () => ({
  departments: DEPARTMENT_NAMES,
  cells: MAP_CELLS,
  regions: Object.entries(REGIONS).map(([code, departments]) => ({
    code,
    name: REGION_NAMES[code] ?? code,
    departments,
  })),
  ageClasses: AGE_CLASSES.map(({ code, label }) => ({ code, label })),
  vaccines: Object.fromEntries(VACCINES.map(({ mp, name }) => [mp, name])),
  places: Object.fromEntries(Object.entries(PLACE_CATEGORIES).map(([code, { label }]) => [code, label])),
  stages: STAGES.map((code) => ({ code, label: STAGE_LABELS[code] })),
  flows: Object.entries(FLOW_LABELS).map(([code, label]) => ({ code, label })),
  measures: MEASURES,
  thresholds: THRESHOLDS,
});
export type Labels = ReturnType<typeof labels>;

/** The same as a module of the page: it is there when the first line of the page runs. */
export const labelsModule = (): string => `export default ${JSON.stringify(labels())};\n`;
