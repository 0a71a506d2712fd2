import { VALUE_LABELS } from '../law/indicator-rights.js';
import { AGE_CLASSES } from '../law/indicators.js';
import { REGIONS } from '../law/regions.js';
import { VACCINES } from '../law/vaccines.js';
import { DEPARTMENT_NAMES, MAP_CELLS, REGION_NAMES } from './departments.js';

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
  /** Movements of stock, in the order in which a dose meets them. */
  flows: Object.entries(VALUE_LABELS.flow).map(([code, label]) => ({ code, label })),
});
export type Labels = ReturnType<typeof labels>;

/** The same as a module of the page: it is there when the first line of the page runs. */
export const labelsModule = (): string => `export default ${JSON.stringify(labels())};\n`;
