import { createServer, request as forward, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AGE_CLASSES, type Dimension, STAGES, TABLES, type TableId } from '../../src/law/indicators.js';
import { REGIONS } from '../../src/law/regions.js';

/**
 * An invented campaign, answered at the addresses of the indicators in their published form. Everything else is passed on
 * to a real server: once that one has the figures, its own address is asked in the place of this one.
 */
export interface Feed {
  readonly url: string;
  /** What is answered from now on. */
  be(state: 'published' | 'unpublished' | 'failing'): void;
  close(): Promise<void>;
}

export interface FeedOptions {
  /** Days since 27 December 2020. */
  readonly days?: number;
  readonly upstream: string;
}

const START = Date.UTC(2020, 11, 27);
const THRESHOLD = 11;
/** Withheld beside the small one, as a complementary suppression does: its count alone would give the other. */
const COMPLEMENTARY = '15';
/** Region of whoever brings a token, whichever it is: Bretagne. */
export const REGIONAL = '53';
const SMALL = '48';

const dayOf = (at: number): string => new Date(START + at * 86_400_000).toISOString().slice(0, 10);

type Place = Partial<Record<Dimension, string>>;

const DEPARTMENTS = Object.values(REGIONS).flat().sort();
const VACCINES = { 'EU/1/20/1528': 0.79, 'EU/1/20/1507': 0.12, 'EU/1/21/1529': 0.07, 'EU/1/20/1525': 0.02 };
const FLOWS = { DELIVERED: 1.12, SENT: 0.03, BROKEN: 0.01, USED: 1, REMAINING: 0.08 };
const VALUES: Partial<Record<Dimension, readonly string[]>> = {
  department: DEPARTMENTS,
  ageClass: AGE_CLASSES.map(({ code }) => code),
  sex: ['F', 'M'],
  vaccine: Object.keys(VACCINES),
  product: Object.keys(VACCINES),
  flow: Object.keys(FLOWS),
  rank: ['1', '2', '3'],
  stage: STAGES,
  placeCategory: ['1', '6', '7', '11'],
  phase: ['P1', 'P2'],
  targetingType: ['AUTOMATIC', 'MANUAL'],
  channel: ['EMAIL', 'SMS', 'LETTER'],
};

/** Any spread of whole numbers will do, as long as it is always the same. */
const spread = (text: string): number =>
  [...text].reduce((sum, letter) => (sum * 131 + letter.charCodeAt(0) * 577) % 997, 7) / 997;

function populationOf({ department, ageClass }: Place): number | null {
  if (department === SMALL) return 12;
  if (department) return 150_000 + Math.round(spread(department) ** 2 * 2_200_000);
  if (ageClass) return 2_400_000 + Math.round(spread(ageClass) * 5_000_000);
  return null;
}

/** Doses, or persons, from the first day to this one: a wave for each rank, later for the young. */
function cumulated(table: TableId, place: Place, at: number): number {
  const people = populationOf(place) ?? 67_000_000;
  const age = AGE_CLASSES.findIndex(({ code }) => code === place.ageClass);
  const middle = age < 0 ? 165 : 100 + (13 - age) * 11;
  const reach =
    age < 0 ? 0.68 + spread(`r${place.department ?? ''}`) * 0.2 : Math.max(0.02, 0.95 - (13 - age) ** 2 / 170);
  const wave = (shift: number, height: number, breadth = 24) => {
    const day = at + 0.5 * Math.sin((2 * Math.PI * at) / 7);
    return Math.round((people * reach * height) / (1 + Math.exp((middle + shift - day) / breadth)));
  };
  const ranks = [wave(0, 1), wave(38, 0.95), wave(230, 0.7)];
  const part = (VACCINES[(place.vaccine ?? place.product) as keyof typeof VACCINES] ?? 1) * (place.sex ? 0.5 : 1);
  const { measure } = TABLES[table];
  if (measure === 'TARGETED') return Math.round(people * 0.97 * (place.phase || place.targetingType ? 0.5 : 1));
  if (measure === 'INVITED') return wave(-45, 1.05, 30);
  if (measure === 'ELIGIBLE') return wave(-2, 1.01);
  if (measure === 'STOCK') return Math.round(sum(ranks) * part * (FLOWS[place.flow as keyof typeof FLOWS] ?? 1));
  const stage = place.stage ? STAGES.indexOf(place.stage as (typeof STAGES)[number]) + 1 : 0;
  const rank = Number(place.rank ?? stage);
  return Math.round((rank ? Number(ranks[rank - 1]) : sum(ranks)) * part * (place.placeCategory ? 0.25 : 1));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

function placesOf(by: readonly Dimension[]): Place[] {
  return by.reduce<Place[]>(
    (places, name) => places.flatMap((place) => (VALUES[name] ?? []).map((value) => ({ ...place, [name]: value }))),
    [{}],
  );
}

/** First and last day of each point of the answer. */
function periodsOf(from: number, to: number, period: string): { name: string; first: number; last: number }[] {
  const keyOf = (at: number): string => {
    if (period === 'TOTAL') return dayOf(from);
    if (period === 'MONTH') return `${dayOf(at).slice(0, 7)}-01`;
    // 27 December 2020 was a Sunday: the first Monday is day 1.
    return dayOf(period === 'WEEK' ? at - ((((at - 1) % 7) + 7) % 7) : at);
  };
  const points = new Map<string, { name: string; first: number; last: number }>();
  for (let at = from; at <= to; at += 1) {
    const name = keyOf(at);
    const known = points.get(name);
    points.set(name, { name, first: known?.first ?? at, last: at });
  }
  return [...points.values()];
}

/** The published form of `/indicateurs.json`. */
export function answerOf(query: URLSearchParams, days: number, region?: readonly string[]): object | undefined {
  const table = query.get('table') as TableId;
  if (!Object.hasOwn(TABLES, table)) return undefined;
  const { measure, by }: { measure: string; by: readonly Dimension[] } = TABLES[table];
  if (region && by[0] !== 'department') return undefined;
  const show = query.get('show') ?? 'COUNT';
  const period = query.get('period') ?? 'DAY';
  const at = (name: string, otherwise: number): number => {
    const given = query.get(name);
    return given ? Math.round((Date.parse(given) - START) / 86_400_000) : otherwise;
  };
  const points = periodsOf(Math.max(0, at('from', 0)), Math.min(days - 1, at('to', days - 1)), period);
  const open = query.get('mode') === 'OPEN';
  const line = (place: Place, among?: readonly string[]) => {
    const sumUpTo = (day: number): number =>
      sum(
        (among ?? [undefined]).map((department) =>
          cumulated(table, department ? { ...place, department } : place, day),
        ),
      );
    const upTo = (day: number): number => (day < 0 ? 0 : sumUpTo(day));
    const counts = points.map(({ first, last }) => {
      if (show === 'CUMULATIVE') return upTo(last);
      return upTo(last) - upTo(show === 'ROLLING_7' ? last - 7 : first - 1);
    });
    const hidden = (count: number): boolean =>
      !open && ((count > 0 && count < THRESHOLD) || (place.department === COMPLEMENTARY && count > 0));
    const values = counts.map((count) => (hidden(count) ? null : count));
    const population = among ? sum(among.map((department) => populationOf({ department }) ?? 0)) : populationOf(place);
    const ofPersons = show === 'CUMULATIVE' && (place.rank === '1' || place.stage === 'COMPLETE');
    return {
      ...place,
      values,
      suppressed: values.flatMap((value, index) => (value === null ? [index] : [])),
      population,
      ...(ofPersons && population && { coverage: values.map((value) => (value === null ? null : value / population)) }),
    };
  };
  const mine = placesOf(by).filter(({ department }) => !region || region.includes(String(department)));
  const series = mine.map((place) => line(place));
  const totals = region ? placesOf(by.slice(1)).map((place) => line(place, region)) : [];
  const common = { asOf: new Date(START + days * 86_400_000 + 7_200_000).toISOString() };
  const mode = open ? { mode: 'OPEN', threshold: null } : { mode: 'CONTROLLED', threshold: THRESHOLD };
  return {
    ...common,
    ...mode,
    table,
    measure,
    dimensions: by,
    show,
    period,
    days: points.map(({ name }) => name),
    series,
    totals,
  };
}

interface Line {
  readonly values: readonly (number | null)[];
  readonly population: number | null;
  readonly coverage?: readonly (number | null)[] | null;
}

/** What an answer about one day says by département, code by code, as French prints it. */
export function printed({ series }: { series: readonly (Place & Line)[] }, wanted: Place): Record<string, string> {
  const share = new Intl.NumberFormat('fr-FR', {
    style: 'percent',
    minimumFractionDigits: 1,
    maximumFractionDigits: 1,
  });
  const whole = new Intl.NumberFormat('fr-FR');
  const lines = series.filter((each) =>
    Object.entries(wanted).every(([name, value]) => each[name as Dimension] === value),
  );
  const texts = lines.map(({ department, values: [value], population, coverage }) => {
    if (value === null || value === undefined) return [department, 'secret'];
    return [department, coverage && population ? share.format(value / population) : whole.format(value)];
  });
  return Object.fromEntries(texts);
}

const refusal = (code: string, message: string): string =>
  JSON.stringify({ errors: [{ message, extensions: { code } }] });

/** Serves the invented campaign before a real server. */
export async function anIndicatorFeed({ days = 420, upstream }: FeedOptions): Promise<Feed> {
  let state: Parameters<Feed['be']>[0] = 'published';
  const server: Server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://feed');
    if (!pathname.startsWith('/indicateurs')) return passOn(upstream, request, response);
    const region = request.headers.authorization ? REGIONS[REGIONAL] : undefined;
    const answer = state === 'published' ? answerOf(searchParams, days, region) : undefined;
    const [status, body] = answer
      ? [200, JSON.stringify(answer)]
      : state === 'published'
        ? [403, refusal('FORBIDDEN_TABLE', 'Cette table n’est pas accordée à ce destinataire.')]
        : state === 'failing'
          ? [503, refusal('UNAVAILABLE', 'Le service est momentanément indisponible.')]
          : [404, refusal('INDICATORS_NOT_PUBLISHED', 'Aucun indicateur n’est encore publié.')];
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    be: (next) => {
      state = next;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function passOn(upstream: string, asked: IncomingMessage, answer: ServerResponse): void {
  const { method, headers } = asked;
  const passed = forward(new URL(asked.url ?? '/', upstream), { method, headers }, (given) => {
    answer.writeHead(given.statusCode ?? 502, given.headers);
    given.pipe(answer);
  });
  passed.on('error', () => answer.destroy());
  asked.pipe(passed);
}
