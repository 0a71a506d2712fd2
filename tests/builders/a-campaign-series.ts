import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { AGE_CLASSES } from '../../src/law/indicators.js';

/** Counts of one day of one vaccine, as the published columns have them. */
export interface SeriesDay {
  readonly code: string;
  readonly day: string;
  readonly doses: readonly [number, number, number, number];
  readonly complete: number;
  /** First and second ones. */
  readonly boosters: readonly [number, number];
}

export const FIRST_DAY = '2021-08-28';
export const DAYS = 40;
const DAY = 86_400_000;
export const dayOf = (at: number): string => new Date(Date.parse(FIRST_DAY) + at * DAY).toISOString().slice(0, 10);

/** A wave of an invented campaign: how many, when it is highest, and the day on which second doses begin. */
interface Wave {
  readonly code: string;
  readonly height: number;
  readonly middle: number;
  readonly second: number | null;
}

/** Two products of two doses, one of a single dose, and one that nobody names. */
const WAVES: readonly Wave[] = [
  { code: '1', height: 46, middle: 12, second: 21 },
  { code: '3', height: 12, middle: 8, second: 15 },
  { code: '4', height: 6, middle: 18, second: null },
  { code: '9', height: 2, middle: 25, second: null },
];

const wave = (height: number, middle: number, at: number): number =>
  Math.round(height * Math.exp(-(((at - middle) / 11) ** 2)) + ((at * 7 + middle) % 3));

/** Days whose figures no register can have: a fourth dose before anybody had a third, more completions than doses. */
export const IMPOSSIBLE = { fourth: { code: '1', at: 3 }, complete: { code: '3', at: 5 } } as const;

/** An invented campaign of forty days and four vaccines: its figures are a formula and nobody's. */
export function aCampaignSeries(): SeriesDay[] {
  return WAVES.flatMap(({ code, height, middle, second }) =>
    Array.from({ length: DAYS }, (_, at): SeriesDay => {
      const first = wave(height, middle, at);
      const infected = code === '4' ? first : code === '9' ? 0 : Math.floor(first / 9);
      const completing = second !== null && at >= second ? wave(height * 0.8, middle + second, at) : 0;
      const again = code === '1' && at > 30 ? at % 4 : 0;
      const third = code === '1' && at >= 34 ? 3 + (at % 2) : 0;
      const secondBoosters = third > 0 && at >= 37 ? 1 : 0;
      const fourth = code === '1' && at === IMPOSSIBLE.fourth.at ? 1 : 0;
      const tooMany = code === '3' && at === IMPOSSIBLE.complete.at ? first : 0;
      return {
        ...{ code, day: dayOf(at), doses: [first, completing + again, third, fourth] },
        ...{
          complete: infected + completing + tooMany,
          boosters: [again + third - secondBoosters + fourth, secondBoosters],
        },
      };
    }),
  );
}

export const DEPARTMENTS = { '75': 2_000_000, '2A': 150_000, '971': 400_000, '977': 9_000 } as const;

/** First doses by age, of the same invention: their sum is three short of that by vaccine. */
export function ageTotals(series: readonly SeriesDay[]): number[] {
  const total = series.reduce((sum, { doses }) => sum + doses[0], 0) - 3;
  const each = Math.floor(total / AGE_CLASSES.length);
  return AGE_CLASSES.map((_, at) => (at === 0 ? total - each * (AGE_CLASSES.length - 1) : each));
}

interface Written {
  readonly series?: readonly SeriesDay[];
  /** What becomes of a file before it is written. */
  readonly spoil?: (name: string, text: string) => string;
}

/** Writes the five files as they are published: byte order mark, separators and line ends as each of them has. */
export function writeCampaign(
  folder: string,
  { series = aCampaignSeries(), spoil = (_, text) => text }: Written = {},
): string {
  const write = (name: string, lines: readonly string[], end = '\n') =>
    writeFileSync(path.join(folder, name), spoil(name, lines.join(end) + end));
  const counts = ({ doses, complete, boosters }: Omit<SeriesDay, 'code' | 'day'>) =>
    [...doses, complete, ...boosters, 0, 0].join(';');
  const columns = 'n_dose1;n_dose2;n_dose3;n_dose4;n_complet;n_rappel;n_2_rappel;n_rappel_biv;n_3_rappel';
  const days = Array.from({ length: DAYS }, (_, at) => sumOf(series.filter(({ day }) => day === dayOf(at))));
  write('vacsi-v-fra.csv', [
    `fra;vaccin;jour;${columns}`,
    ...days.map((day, at) => `FR;0;${dayOf(at)};${counts(day)}`),
    ...series.map((one) => `FR;${one.code};${one.day};${counts(one)}`),
  ]);
  write('vacsi-fra.csv', [
    'fra;jour;n_dose1;n_complet;n_rappel;n_2_rappel;n_rappel_biv;n_3_rappel',
    ...days.map(
      ({ doses, complete, boosters }, at) => `FR;${dayOf(at)};${doses[0]};${complete};${boosters.join(';')};0;0`,
    ),
  ]);
  write('vacsi-tot-a-fra.csv', [
    'fra;clage_vacsi;jour;n_tot_dose1;n_tot_complet;n_tot_rappel;n_tot_2_rappel;pop',
    ...ageTotals(series).map((total, at) => `FR;${AGE_CLASSES[at]?.code};${dayOf(DAYS - 1)};${total};0;${at};0;1000.5`),
    `FR;0;${dayOf(DAYS - 1)};0;0;0;0;1000.5`,
  ]);
  write(
    'dep-pop.csv',
    ['dep,departmentPopulation', ...Object.entries(DEPARTMENTS).map((row) => row.join(','))],
    '\r\n',
  );
  write(
    'clage_spf.csv',
    [
      '\ufeffcode_spf;categorie_fine;population',
      ...AGE_CLASSES.map(({ code, label }) => `${Number(code)};${label};1000`),
    ],
    '\r\n',
  );
  return folder;
}

const sumOf = (rows: readonly SeriesDay[]): Omit<SeriesDay, 'code' | 'day'> => ({
  doses: [0, 1, 2, 3].map((rank) =>
    rows.reduce((sum, { doses }) => sum + (doses[rank] ?? 0), 0),
  ) as unknown as SeriesDay['doses'],
  complete: rows.reduce((sum, one) => sum + one.complete, 0),
  boosters: [0, 1].map((which) =>
    rows.reduce((sum, { boosters }) => sum + (boosters[which] ?? 0), 0),
  ) as unknown as SeriesDay['boosters'],
});
