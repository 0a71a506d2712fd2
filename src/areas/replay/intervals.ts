import { AGE_CLASSES } from '../../law/indicators.js';
import { BOOSTERS, INTERVALS } from '../../law/schedules.js';
import type { Traits } from './cohorts.js';
import { seriesOf } from './products.js';

const LEAST_AGES = AGE_CLASSES.map((_, at) => (at === 0 ? 0 : (AGE_CLASSES[at - 1]?.upTo ?? 0) + 1));

/** Days to wait after the dose before, as the dated rules have it (law/schedules.ts); null where they give no dose at all. */
export function leastDays(
  { ageClass, standing }: Pick<Traits, 'ageClass' | 'standing'>,
  { product, rank, on }: { readonly product: string; readonly rank: number; readonly on: string },
): number | null {
  if (standing === 'OPEN') {
    const rule = INTERVALS.findLast(({ vaccines, from }) => vaccines.includes(product) && from <= on);
    return rule?.days[0] ?? 0;
  }
  const age = LEAST_AGES[ageClass] ?? 0;
  const rule = BOOSTERS.find(
    ({ fromAge, after }) =>
      age >= fromAge && (after === undefined || (after === product && rank === 1 + (seriesOf(product) ?? 0))),
  );
  return rule?.days ?? null;
}
