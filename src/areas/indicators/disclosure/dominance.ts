/** What one site contributes to a place category on one day. */
export interface Contribution {
  readonly day: string;
  readonly category: string;
  readonly site: string;
  readonly count: number;
}

/**
 * Whether one site makes more than `share` of the doses of a place category over some days (DOMAIN §7: a count that is
 * nearly one contributor's is that contributor's). Doses of unknown sites (`''`) come from no site in particular.
 */
export function dominance(contributions: Iterable<Contribution>, share: number) {
  const categories = new Map<string, Map<string, Site>>();
  for (const { day, category, site, count } of contributions) {
    const sites = categories.get(category) ?? new Map<string, Site>();
    categories.set(category, sites);
    const known = sites.get(site) ?? { days: [], before: [0] };
    sites.set(site, known);
    known.days.push(day);
    known.before.push(known.before.at(-1)! + count);
  }
  return (category: string, from: string, to: string): boolean => {
    const counts = [...(categories.get(category) ?? [])].map(([site, known]) => ({
      site,
      doses: dosesOf(known, from, to),
    }));
    const total = counts.reduce((sum, { doses }) => sum + doses, 0);
    return counts.some(({ site, doses }) => site !== '' && doses > share * total);
  };
}

/** In the order of the days: the days, and the doses before each. */
interface Site {
  readonly days: string[];
  readonly before: number[];
}

const dosesOf = ({ days, before }: Site, from: string, to: string): number =>
  before[firstAfter(days, to)]! - before[firstAtOrAfter(days, from)]!;

const firstAtOrAfter = (days: readonly string[], day: string): number => search(days, (one) => one >= day);
const firstAfter = (days: readonly string[], day: string): number => search(days, (one) => one > day);

const search = (days: readonly string[], isThere: (day: string) => boolean): number => {
  let [low, high] = [0, days.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isThere(days[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
};
