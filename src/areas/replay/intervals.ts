import { addDays } from '../../kernel/days.js';
import { AGE_CLASSES } from '../../law/indicators.js';
import { BOOSTERS_OPEN, INTERVALS } from '../../law/schedules.js';
import { boosterRule, inForce } from '../injection/schedule.js';
import type { Traits } from './cohorts.js';

/** Whether a dose after the series may be a booster on this day of a campaign. */
export const boostersOpen = ({ from }: { readonly from: string }, day: number): boolean =>
  addDays(from, day) >= BOOSTERS_OPEN.from;

const LEAST_AGES = AGE_CLASSES.map((_, at) => (at === 0 ? 0 : (AGE_CLASSES[at - 1]?.upTo ?? 0) + 1));

/**
 * Days to wait after the dose before, as the dated rules have it (areas/injection/schedule.ts): of the series, or of a
 * booster. 0 where no source gives a rule; null where the rules give no dose at all on that day.
 * @param dose product of the dose before, rank and day of the one to come
 */
export function leastDays(
  { ageClass, standing }: Pick<Traits, 'ageClass' | 'standing'>,
  { product, rank, on }: { readonly product: string; readonly rank: number; readonly on: string },
): number | null {
  if (standing === 'OPEN' || standing === 'UNRULED') return inForce(INTERVALS, product, on)?.days[0] ?? 0;
  if (on < BOOSTERS_OPEN.from) return null;
  return boosterRule(LEAST_AGES[ageClass] ?? 0, product, rank - 1)?.days ?? null;
}
