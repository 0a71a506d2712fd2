import { VALUE_LABELS } from '../../law/indicator-rights.js';
import { AGE_CLASSES, DIMENSIONS, type Dimension, STAGES } from '../../law/indicators.js';
import { PLACE_CATEGORIES } from '../../law/place-categories.js';
import { REGIONS } from '../../law/regions.js';
import { VACCINES } from '../../law/vaccines.js';

/** Corsica stands where its number was. */
const inOrder = (department: string): string => department.replace(/^2([AB])$/, '20$1');

/** Values of the dimensions that are known beforehand: a value without a figure is a true zero, and is said. */
const KNOWN: { readonly [D in Dimension]?: readonly string[] } = {
  department: Object.values(REGIONS)
    .flat()
    .sort((a, b) => (inOrder(a) < inOrder(b) ? -1 : 1)),
  ageClass: AGE_CLASSES.map(({ code }) => code),
  sex: Object.keys(VALUE_LABELS.sex),
  stage: STAGES,
};

/** Labels of the values of a dimension, in French; undefined where the value speaks for itself. */
const LABELS: { readonly [D in Dimension]?: Readonly<Record<string, string>> } = {
  ...VALUE_LABELS,
  ageClass: Object.fromEntries(AGE_CLASSES.map(({ code, label }) => [code, label])),
  vaccine: Object.fromEntries(VACCINES.map(({ mp, name }) => [mp, name])),
  placeCategory: Object.fromEntries(Object.entries(PLACE_CATEGORIES).map(([code, { label }]) => [code, label])),
};

/** A dimension as the list of tables tells it: its words, and those of its values. */
export const describedDimensions = () =>
  Object.entries(DIMENSIONS).map(([id, label]) => ({ id, label, values: LABELS[id as Dimension] ?? null }));

const byNumber = (a: string, b: string): number => Number(a) - Number(b) || (a < b ? -1 : 1);

/** The values of one dimension in their order: those that are known, then whatever else was found. */
export function valuesOf(dimension: Dimension, found: Iterable<string>): string[] {
  const known = KNOWN[dimension] ?? [];
  const others = [...new Set(found)].filter((value) => !known.includes(value));
  return [...known, ...others.sort(byNumber)];
}
