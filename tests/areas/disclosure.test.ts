import fc from 'fast-check';
import type { Cube } from '../../src/areas/indicators/disclosure/cube.js';
import type { Move } from '../../src/areas/indicators/disclosure/move.js';
import type { ProtectedEffect } from '../../src/areas/indicators/disclosure/protect.js';
import type { Figure, Release } from '../../src/areas/indicators/disclosure/release.js';
import {
  aCampaignCube,
  BOUND,
  type Cell,
  DOSE_TABLES,
  dayOf,
  figuresOf,
  moved,
  protectedBy,
  releasesOf,
} from '../builders/a-campaign-cube.js';
import { aDice } from '../builders/a-dice.js';
import { type Bounds, LpAttacker, type Publication } from '../builders/an-lp-attacker.js';

const SOAK = Boolean(process.env.LANCETTE_SOAK);
const PAIRS = SOAK ? 1_000_000 : 100_000;
const PLANTED = 1_000;
const THRESHOLD = 11;

const stepsOf = ({ steps }: Move, { columns, calendar }: Cube): Cell[] =>
  steps.map(({ day, codes, amount }) => ({
    day: calendar.days[day]!,
    values: codes.map((code, dimension) => columns.dictionaries[dimension]![code]!),
    count: amount,
  }));

const isIn = (cell: Cell, other: Cell, by: readonly number[]) =>
  cell.day === other.day && by.every((dimension) => cell.values[dimension] === other.values[dimension]);

/** Only what is small by itself is withheld, as one would do first. */
const primaryOnly = (cells: readonly Cell[]): ProtectedEffect[] =>
  DOSE_TABLES.flatMap((table) =>
    figuresOf(cells, table)
      .filter(({ value }) => value < THRESHOLD)
      .map(({ k1, k2, day }, move) => ({ table: table.id, move, k1, k2, day, effect: 1 })),
  );

describe('a campaign with a thousand planted singletons', () => {
  const { cells, planted } = aCampaignCube(1, {
    days: 120,
    departments: 16,
    ages: 8,
    vaccines: 4,
    dosesADay: 1_000,
    planted: PLANTED,
  });
  const moves: Cell[][] = [];
  const effects = protectedBy(cells, { onMove: (move, cube) => moves.push(stepsOf(move, cube)) });
  const releases = releasesOf(cells, effects);
  const table = (id: string) => DOSE_TABLES.find((one) => one.id === id)!;
  const days = Array.from({ length: 120 }, (_, at) => dayOf(at));
  const [first, last] = [days[0]!, days.at(-1)!];

  it('has for each singleton another register that tells the same and does not hold it', () => {
    const vaccines = table('doses-by-department-and-vaccine');
    const changed = new Set(moves.flatMap((steps) => figuresOf(steps, vaccines).map(keyOf)));
    const recovered = figuresOf(planted, vaccines).filter((figure) => !changed.has(keyOf(figure)));
    expect(planted.length).toBe(PLANTED);
    expect(recovered).toEqual([]);
  });

  it(`tells no difference of 1 to 10 in ${PAIRS.toLocaleString('en')} pairs of published numbers`, () => {
    const { found, told } = differences({ cells, releases, days }, PAIRS);
    process.stdout.write(`${PAIRS} pairs, of which both are published: ${told}\n`);
    expect(told).toBeGreaterThan(PAIRS / 20);
    expect(found).toEqual([]);
  });

  it('would be told by such pairs if only what is small were withheld', () => {
    expect(
      differences({ cells, releases: releasesOf(cells, primaryOnly(cells)), days }, 5_000).found.length,
    ).toBeGreaterThan(0);
  });

  it('still publishes every total of a day, and every total of a vaccine over the campaign', () => {
    const doses = releases.get('doses')!;
    const totals = figuresOf(cells, table('doses'));
    for (const { day, value } of totals) expect(doses.sum({ k1: '', k2: '' }, day, day)).toBe(value);
    const byVaccine = releases.get('doses-by-vaccine')!;
    for (const k1 of ['v0', 'v1', 'v2', 'v3', 'rare']) {
      const real = cells.filter(({ values }) => values[3] === k1).reduce((sum, { count }) => sum + count, 0);
      expect(byVaccine.sum({ k1, k2: '' }, first, last)).toBe(real);
    }
  });

  if (SOAK)
    it('gives none of them to a solver of linear programmes that is told all but the days around', async () => {
      const found = await recoveredAround(planted, { cells, releases, days, regions: REGIONS });
      process.stdout.write(`${planted.length} planted doses tried by linear programmes, ${found.length} recovered\n`);
      expect(found).toEqual([]);
    });

  it('withholds a share of the cells, and a smaller one of the doses', () => {
    const shares = DOSE_TABLES.map((declared) => ({
      id: declared.id,
      ...withheld(cells, declared, releases.get(declared.id)!),
    }));
    process.stdout.write(
      shares
        .map(({ id, cells: c, doses }) => `${id}: ${c.toFixed(1)} % of cells, ${doses.toFixed(1)} % of doses\n`)
        .join(''),
    );
    const share = (id: string) => shares.find((one) => one.id === id)!;
    expect(share('doses').doses).toBe(0);
    expect(share('doses-by-department').doses).toBeLessThan(15);
    expect(share('doses-by-age').doses).toBeLessThan(15);
  });
});

interface Unknown {
  /** So many before and after. */
  readonly days: number;
  /** Vaccines and départements that each dose of these days may have had in the place of its own. */
  readonly vaccines: readonly string[];
  readonly departments: readonly string[];
}

/**
 * What an attacker does not know of the cells around a dose, the narrowest first. Of all others he is told what they hold,
 * which can only help him: a dose that he does not find so, he does not find from what is published alone.
 */
const UNKNOWN: readonly Unknown[] = [
  { days: 1, vaccines: ['rare'], departments: [] },
  { days: 3, vaccines: ['rare', 'v0', 'v1', 'v2', 'v3'], departments: [] },
  { days: 3, vaccines: ['rare'], departments: Array.from({ length: 16 }, (_, at) => `${at}`) },
];
/** Four régions of four départements, whose totals are told to their agencies. */
const REGIONS = Array.from({ length: 4 }, (_, at) => [0, 1, 2, 3].map((one) => `${4 * at + one}`));

/** The cells that the doses of these days are in, and those that they would be in with another vaccine or département. */
function around(dose: Cell, cells: readonly Cell[], { days, vaccines, departments }: Unknown): Cell[] {
  const isNear = ({ day }: Cell) => Math.abs(Date.parse(day) - Date.parse(dose.day)) <= days * 86_400_000;
  const possible = cells
    .filter(isNear)
    .flatMap(({ day, values: [department, age, sex, vaccine, ...rest] }) =>
      [department!, ...departments].flatMap((where) =>
        [vaccine!, ...vaccines].map((what) => ({ day, values: [where, age!, sex!, what, ...rest], count: 0 })),
      ),
    );
  return [...new Map(possible.map((cell) => [[cell.day, ...cell.values].join('|'), cell])).values()];
}

type Attack = Omit<Publication, 'tables'>;
const BY_DEPARTMENT_AND_VACCINE = DOSE_TABLES.find(({ id }) => id === 'doses-by-department-and-vaccine')!.by;

/** Whatever is not a whole number cannot be a count: he has it when only one whole number lies between the bounds. */
const isFound = ({ least, most }: Bounds): boolean => Math.floor(most + 1e-6) - Math.ceil(least - 1e-6) < 1;

/** The doses that are found, however much is unknown around them. */
async function recoveredAround(doses: readonly Cell[], attack: Attack): Promise<Cell[]> {
  const attacker = await LpAttacker.against({ ...attack, tables: DOSE_TABLES });
  const found: Cell[] = [];
  for (const dose of doses) {
    const isIt = (other: Cell) => isIn(other, dose, BY_DEPARTMENT_AND_VACCINE);
    let isHidden = false;
    for (const unknown of UNKNOWN)
      isHidden ||= !isFound(await attacker.bounds(around(dose, attack.cells, unknown), isIt));
    if (!isHidden) found.push(dose);
  }
  return found;
}

/** The values of both dimensions that are told of. */
function valuesOf(cells: readonly Cell[], table: (typeof DOSE_TABLES)[number]) {
  const figures = figuresOf(cells, table);
  const ofAll = (key: 'k1' | 'k2') => [...new Set(figures.map((figure) => figure[key]))];
  return { firsts: ofAll('k1'), seconds: ofAll('k2') };
}

const keyOf = ({ k1, k2, day }: Figure) => [k1, k2, day].join('|');

function withheld(cells: readonly Cell[], table: (typeof DOSE_TABLES)[number], release: Release) {
  const figures = figuresOf(cells, table);
  const hidden = figures.filter(({ k1, k2, day }) => release.sum({ k1, k2 }, day, day) === 'WITHHELD');
  const doses = (some: typeof figures) => some.reduce((sum, { value }) => sum + value, 0);
  return { cells: (100 * hidden.length) / figures.length, doses: (100 * doses(hidden)) / doses(figures) };
}

/**
 * Random pairs of numbers of which one counts some doses of the other: a range within a range, some series within others,
 * a table within a coarser one. Ranges that overlap are compared with what they share and with both together.
 */
function differences({ cells, releases, days }: Attack, pairs: number) {
  const dice = aDice(7);
  const keys = new Map(DOSE_TABLES.map((table) => [table.id, valuesOf(cells, table)]));
  const tables = DOSE_TABLES.filter(({ by }) => by.length > 0);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(dice() * from.length)]!;
  const found: string[] = [];
  let told = 0;
  const compare = (one: number | 'WITHHELD', other: number | 'WITHHELD', what: () => string): void => {
    if (one === 'WITHHELD' || other === 'WITHHELD') return;
    told += 1;
    const difference = Math.abs(one - other);
    if (difference > 0 && difference < THRESHOLD) found.push(`${what()}: ${one} and ${other}`);
  };
  for (let pair = 0; pair < pairs; pair += 1) {
    const table = pick(tables);
    const release = releases.get(table.id)!;
    const { firsts, seconds } = keys.get(table.id)!;
    const k1 = dice() < 0.7 ? pick(firsts) : firsts.filter(() => dice() < 0.5);
    const cells = { k1, k2: pick(seconds) };
    const [a, b, c, d] = [0, 0, 0, 0].map(() => Math.floor(dice() * days.length)).sort((x, y) => x - y) as [
      number,
      number,
      number,
      number,
    ];
    const sum = (from: number, to: number) => release.sum(cells, days[from]!, days[to]!);
    const kind = pair % 4;
    const what = () => `${table.id} ${JSON.stringify(cells)} ${[a, b, c, d]} ${kind}`;
    if (kind === 0) compare(sum(a, d), sum(b, c), what);
    else if (kind === 1) {
      for (const one of [sum(a, c), sum(b, d)]) {
        compare(sum(a, d), one, what);
        compare(one, sum(b, c), what);
      }
    } else if (kind === 2) {
      const some = typeof k1 === 'string' ? [k1] : k1.filter(() => dice() < 0.7);
      const more = release.sum({ ...cells, k1: [...new Set([...some, pick(firsts)])] }, days[a]!, days[b]!);
      compare(more, release.sum({ ...cells, k1: some }, days[a]!, days[b]!), what);
    } else {
      const parents = DOSE_TABLES.filter(({ by }) => by.length === 1 && table.by.length === 2 && by[0] === table.by[1]);
      const parent = parents.length > 0 ? releases.get(parents[0]!.id)! : releases.get('doses')!;
      const whole = parent.sum({ k1: parents.length > 0 ? cells.k2 : '', k2: '' }, days[a]!, days[b]!);
      const told = firsts.filter((one) => release.sum({ k1: one, k2: cells.k2 }, days[a]!, days[b]!) !== 'WITHHELD');
      if (table.by.length === 1 || parents.length > 0)
        compare(whole, release.sum({ k1: told, k2: cells.k2 }, days[a]!, days[b]!), what);
    }
  }
  return { found, told };
}

describe('an attacker with a solver of linear programmes', () => {
  const { cells, planted } = aCampaignCube(
    3,
    SOAK
      ? { days: 14, departments: 4, ages: 3, vaccines: 2, dosesADay: 120, planted: 20 }
      : { days: 8, departments: 3, ages: 2, vaccines: 2, dosesADay: 90, planted: 6 },
  );
  /** Every combination that occurs on some day may occur on any. */
  const days = [...new Set(cells.map(({ day }) => day))].sort();
  const kinds = [...new Map(cells.map(({ values }) => [values.join('|'), values])).values()];
  const possible = days.flatMap((day) => kinds.map((values) => ({ day, values, count: 0 })));
  const regions = [
    ['0', '1'],
    ['2', '3'],
  ];
  const against = (effects: readonly ProtectedEffect[]) =>
    LpAttacker.against({ cells, releases: releasesOf(cells, effects), tables: DOSE_TABLES, days, regions });
  const boundsOf = (attacker: LpAttacker, dose: Cell, unknown = possible) =>
    attacker.bounds(unknown, (other) => isIn(other, dose, BY_DEPARTMENT_AND_VACCINE));
  const recovered = async (effects: readonly ProtectedEffect[], among = planted) => {
    const attacker = await against(effects);
    const found: Cell[] = [];
    for (const dose of among) if (isFound(await boundsOf(attacker, dose))) found.push(dose);
    return found;
  };

  it('recovers no planted dose from everything that is published', async () => {
    expect(await recovered(protectedBy(cells))).toEqual([]);
  });

  it('recovers some when only what is small is withheld', async () => {
    expect((await recovered(primaryOnly(cells), planted.slice(0, 3))).length).toBeGreaterThan(0);
  });

  it('knows no less when it is told all but the days around a dose', async () => {
    const attacker = await against(protectedBy(cells));
    const names = new Set(possible.map(({ day, values }) => [day, ...values].join('|')));
    for (const dose of planted.slice(0, 3)) {
      const near = around(dose, cells, { days: 1, vaccines: ['rare'], departments: [] });
      const unknown = near.filter(({ day, values }) => names.has([day, ...values].join('|')));
      const [told, all] = [await boundsOf(attacker, dose, unknown), await boundsOf(attacker, dose)];
      expect(unknown.length).toBeLessThan(possible.length);
      expect([told.least >= all.least - 1e-6, told.most <= all.most + 1e-6]).toEqual([true, true]);
    }
  });
});

describe('each protective move', () => {
  const cell = fc.record({
    day: fc.integer({ min: 0, max: 20 }).map((at) => dayOf(at, '2021-03-25')),
    values: fc.tuple(
      fc.constantFrom('01', '02', '75'),
      fc.constantFrom('29', '80'),
      fc.constantFrom('F', 'M'),
      fc.constantFrom('1', '4'),
      fc.constantFrom('1', '2'),
      fc.constantFrom('INITIAL', 'COMPLETE'),
      fc.constantFrom('7', '11'),
    ),
    count: fc.integer({ min: 1, max: 25 }),
  });
  const cubes = fc
    .uniqueArray(cell, { minLength: 1, maxLength: 60, selector: ({ day, values }) => [day, ...values].join('|') })
    .map((cells): Cell[] => cells.sort((one, other) => (one.day < other.day ? -1 : 1)));

  it('makes another possible register, of which the same is told, and serves every small cell', () => {
    fc.assert(
      fc.property(cubes, fc.constantFrom(5, 11), (cells, threshold) => {
        const moves: Cell[][] = [];
        const effects = protectedBy(cells, { threshold, onMove: (move, cube) => moves.push(stepsOf(move, cube)) });
        const tellable = numbersTold(cells, releasesOf(cells, effects));
        const changed = new Set<string>();
        const given = new Set(cells.map(rankAndStage));
        for (const steps of moves) {
          const other = moved(cells, steps);
          expect(other.every(({ count }) => count >= 0)).toBe(true);
          expect(steps.filter((step) => !given.has(rankAndStage(step)))).toEqual([]);
          const releases = releasesOf(other, effects);
          const differing = tellable.filter(
            ({ table, k1, k2, from, to, value }) => releases.get(table)!.sum({ k1, k2 }, from, to) !== value,
          );
          expect(differing).toEqual([]);
          for (const table of DOSE_TABLES) {
            for (const { k1, k2, day } of figuresOf(steps, table)) changed.add([table.id, k1, k2, day].join('|'));
          }
        }
        for (const table of DOSE_TABLES) {
          for (const { k1, k2, day, value } of figuresOf(cells, table)) {
            if (value < threshold) expect(changed).toContain([table.id, k1, k2, day].join('|'));
          }
        }
      }),
      { numRuns: SOAK ? 5_000 : 150, seed: 5 },
    );
  });
});

/** They depend on each other: a dose of the other register has both of a dose of this one. */
const rankAndStage = ({ values }: Cell) => BOUND.map((dimension) => values[dimension]).join('|');

/** Every published range of every series. */
function numbersTold(cells: readonly Cell[], releases: ReadonlyMap<string, Release>): Told[] {
  const days = [...new Set(cells.map(({ day }) => day))].sort();
  const told: Told[] = [];
  for (const table of DOSE_TABLES) {
    const { id } = table;
    const release = releases.get(id)!;
    const { firsts, seconds } = valuesOf(cells, table);
    for (const k1 of firsts) {
      for (const k2 of seconds) {
        for (const [at, from] of days.entries()) {
          for (const to of days.slice(at)) {
            const value = release.sum({ k1, k2 }, from, to);
            if (value !== 'WITHHELD') told.push({ table: id, k1, k2, from, to, value });
          }
        }
      }
    }
  }
  return told;
}

interface Told {
  readonly table: string;
  readonly k1: string;
  readonly k2: string;
  readonly from: string;
  readonly to: string;
  readonly value: number;
}
