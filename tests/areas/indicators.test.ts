import type { Principal } from '../../src/access/principal.js';
import { documentId, signManifest } from '../../src/endpoint/trusted-documents.js';
import { STAGES } from '../../src/law/indicators.js';
import { RECIPIENT_IDS, type Recipient } from '../../src/law/recipients.js';
import { REGIONS } from '../../src/law/regions.js';
import { TEXTS } from '../../src/law/texts.js';
import { codeOf } from '../builders/a-caller.js';
import { aPhysician, aPs, asOwner } from '../builders/a-patient.js';
import { AMPLE, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';
import { aCellOfEach, type Cell, type Effect, populated, publish } from '../builders/a-steering-copy.js';
import { dayOfSerial, sheetIn } from '../builders/a-workbook.js';
import { TRANSCRIBED_TABLES } from '../law/transcription.js';

const [PARIS, LYON, AJACCIO] = ['75', '69', '2A'] as const;
const ILE_DE_FRANCE = as('ARS', { region: '11' });
const RHONE_ALPES = as('ARS', { region: '84' });
const STEERING = as('PILOTAGE');

const FIRST = '2021-01-04';
const dayAt = (n: number): string => new Date(Date.UTC(2021, 0, 4 + n)).toISOString().slice(0, 10);
const DAYS = Array.from({ length: 60 }, (_, n) => dayAt(n));

/** Doses by département and day. The number of one day in Ajaccio is small; a move between Ajaccio and Paris covers it. */
const dosesOn = (department: string, n: number): number => {
  if (department === AJACCIO) return n === 3 ? 2 : 0;
  return (department === PARIS ? 100 : 40) + n;
};
const CELLS: readonly Cell[] = [
  ...[PARIS, LYON, AJACCIO]
    .flatMap((k1) => DAYS.map((day, n): Cell => ({ table: 'doses-by-department', day, k1, value: dosesOn(k1, n) })))
    .filter(({ value }) => value > 0),
  ...DAYS.flatMap((day, n): Cell[] => [
    { table: 'doses-by-department-and-stage', day, k1: PARIS, k2: 'COMPLETE', value: 20 + n },
    { table: 'doses-by-department-and-stage', day, k1: PARIS, k2: 'INITIAL', value: 90 },
    { table: 'doses-by-age-and-rank', day, k1: '80', k2: '1', value: 30 },
  ]),
  ...aCellOfEach(DAYS.at(-1) as string).filter(
    ({ table }) => !/^doses-by-(department|department-and-stage|age-and-rank)$/.test(table),
  ),
];
const COVERED: readonly Effect[] = [
  { move: 1, table: 'doses-by-department', k1: AJACCIO, day: dayAt(3), effect: 1 },
  { move: 1, table: 'doses-by-department', k1: PARIS, day: dayAt(3), effect: -1 },
  { move: 1, table: 'doses-by-department', k1: AJACCIO, day: dayAt(5), effect: -1 },
  { move: 1, table: 'doses-by-department', k1: PARIS, day: dayAt(5), effect: 1 },
];
const AS_OF = '2021-03-05T02:00:00Z';

let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  await populated(register, 'department', { [PARIS]: 20_000, [LYON]: 10_000 });
  await populated(register, 'ageClass', { '80': 4000 });
  endpoint = await register.serve();
});
afterAll(() => register.close());

const at = (address: string, from: Endpoint = endpoint): string => new URL(address, from.url).toString();
/** A principal of this recipient whose token is good. */
function aCaller(recipient: Recipient): Principal {
  if (recipient === 'PS') return aPs(1);
  if (recipient === 'MEDECIN_TRAITANT') return aPhysician(1);
  return as(recipient, { region: '11', bodies: ['01750'], patient: '7b0c1f3e-8d3b-4a54-9a51-0d6c6c1f7e11' });
}
const bearer = async (principal: Principal) => ({
  authorization: `Bearer ${await endpoint.tokenFor(principal)}`,
});
/** Asks a door, with a token or without. */
const door = async (address: string, principal?: Principal, headers: Record<string, string> = {}) =>
  fetch(at(address), { headers: { ...headers, ...(principal && (await bearer(principal))) } });
// biome-ignore lint/suspicious/noExplicitAny: answers are read by the tests that know their shape
const figures = async (query: string, principal?: Principal): Promise<any> =>
  (await door(`/indicateurs.json?${query}`, principal)).json();
const errorOf = (body: { errors?: { extensions: object }[] }) => body.errors?.[0]?.extensions;
// biome-ignore lint/suspicious/noExplicitAny: as above
const seriesOf = (answer: any, told: object) =>
  answer.series.find((one: object) => Object.entries(told).every(([name, value]) => Reflect.get(one, name) === value));
const traces = (actor: string) =>
  asOwner<{ outcome: string; article: string; operation: string; records: string[] }>(
    register,
    'select outcome, article, operation, records from trace where actor = $1 order by id',
    [actor],
  );

it('before anything is published every door says so, and the list of tables is there all the same', async () => {
  expect(
    await door('/indicateurs.json?table=doses').then(async (answer) => [answer.status, errorOf(await answer.json())]),
  ).toEqual([404, { code: 'INDICATORS_NOT_PUBLISHED' }]);
  expect(codeOf(await endpoint.ask(STEERING, '{ indicators(table: "doses") { asOf } }'))).toBe(
    'INDICATORS_NOT_PUBLISHED',
  );
  expect((await (await door('/indicateurs')).json()).asOf).toBeNull();
});

describe('what is published', () => {
  beforeAll(() => publish(register, { id: 1, asOf: AS_OF, cells: CELLS, moves: COVERED }));

  describe('art. 3 · who may have which table', () => {
    it('GraphQL knows the operation for the steering and the agencies, and for no other recipient', async () => {
      const found: string[] = [];
      for (const recipient of RECIPIENT_IDS) {
        const { body } = await endpoint.ask(
          aCaller(recipient),
          '{ indicators(table: "doses-by-department") { table } }',
        );
        if (body.data?.indicators) found.push(recipient);
        else expect(errorOf(body)).toEqual({ code: 'FORBIDDEN_OPERATION', field: 'indicators', article: 'art. 3' });
      }
      expect(found).toEqual(['ARS', 'PILOTAGE']);
    });

    it.each([
      ['OPEN_DATA', undefined],
      ['ARS', ILE_DE_FRANCE],
      ['PILOTAGE', STEERING],
    ] as const)(
      '%s is given each table that the texts open to it, and refused every other one by its text',
      async (holder, principal) => {
        for (const { to, tables } of TRANSCRIBED_TABLES) {
          for (const table of tables) {
            const answer = await door(`/indicateurs.json?table=${table}&period=MONTH`, principal);
            const body = await answer.json();
            if (to.includes(holder)) expect([table, answer.status, body.table]).toEqual([table, 200, table]);
            else {
              expect([table, answer.status, errorOf(body)]).toMatchObject([
                table,
                403,
                { code: 'FORBIDDEN_TABLE', field: `indicators.${table}` },
              ]);
              expect(Object.hasOwn(TEXTS, Reflect.get(errorOf(body) ?? {}, 'article'))).toBe(true);
            }
          }
        }
      },
    );

    it('the list of tables names those of the caller, and no other', async () => {
      for (const [holder, principal] of [
        ['OPEN_DATA', undefined],
        ['ARS', ILE_DE_FRANCE],
        ['PILOTAGE', STEERING],
      ] as const) {
        const { tables } = await (await door('/indicateurs', principal)).json();
        const expected = TRANSCRIBED_TABLES.filter(({ to }) => to.includes(holder)).flatMap((entry) => entry.tables);
        expect(tables.map(({ id }: { id: string }) => id).sort()).toEqual([...expected].sort());
      }
    });

    it('every other recipient is refused at the doors too, with a trace', async () => {
      const others = RECIPIENT_IDS.filter((id) => id !== 'ARS' && id !== 'PILOTAGE');
      for (const recipient of others) {
        const answer = await door('/indicateurs.json?table=doses', {
          ...aCaller(recipient),
          subject: `door-${recipient}`,
        });
        expect([recipient, answer.status, errorOf(await answer.json())]).toEqual([
          recipient,
          403,
          { code: 'FORBIDDEN_OPERATION', field: 'indicators', article: 'art. 3' },
        ]);
        expect(await traces(`door-${recipient}`)).toMatchObject([{ outcome: 'REFUSED', article: 'art. 3' }]);
      }
    });

    it('an agency sees the départements of its region alone, and their total', async () => {
      for (const [principal, own] of [
        [ILE_DE_FRANCE, PARIS],
        [RHONE_ALPES, LYON],
      ] as const) {
        const answer = await figures('table=doses-by-department', principal);
        const departments = answer.series.map(({ department }: { department: string }) => department);
        expect(departments.sort()).toEqual([...(REGIONS[principal.region ?? ''] ?? [])].sort());
        const day = 7;
        expect(seriesOf(answer, { department: own }).values[day]).toBe(dosesOn(own, day));
        expect(answer.totals[0].values[day]).toBe(dosesOn(own, day));
      }
      // What is withheld of Paris is withheld of the only region that it makes.
      expect((await figures('table=doses-by-department', ILE_DE_FRANCE)).totals[0].suppressed).toEqual([3, 5]);
    });

    it('an agency without a region, or of none that exists, sees no figure at all', async () => {
      for (const region of [undefined, '99']) {
        const { body } = await endpoint.ask(
          as('ARS', region ? { region } : {}),
          '{ indicators(table: "doses-by-department") { series { department } totals { values } } }',
        );
        expect(body.data?.indicators.series ?? []).toEqual([]);
        expect(body.data?.indicators.totals ?? []).toEqual([]);
      }
    });

    it('a token that is not good is refused, and nobody is taken for the open feed instead', async () => {
      const answer = await door('/indicateurs.json?table=doses', undefined, { authorization: 'Bearer not.a.token' });
      expect(answer.status).toBe(401);
    });

    it('myRights names the tables', async () => {
      const { body } = await endpoint.ask(ILE_DE_FRANCE, '{ myRights { category fields condition article } }');
      expect(body.data.myRights.at(-1)).toMatchObject({
        category: 'indicateurs',
        article: 'AIPD, destinataires pseudonymisés, 2°',
      });
      expect(body.data.myRights.at(-1).fields).toHaveLength(10);
    });
  });

  describe('the numbers', () => {
    const paris = (n: number): number => dosesOn(PARIS, n);
    const sum = (from: number, to: number): number =>
      DAYS.slice(Math.max(0, from), to + 1).reduce((total, _, at) => total + paris(Math.max(0, from) + at), 0);
    const hidden = (value: number, ...touched: boolean[]) => (touched.some(Boolean) ? null : value);

    it('by day: counted, cumulated from the first day, and of the last seven days', async () => {
      const [count, cumulative, rolling] = await Promise.all(
        ['COUNT', 'CUMULATIVE', 'ROLLING_7'].map((show) => figures(`table=doses-by-department&show=${show}`)),
      );
      expect(count).toMatchObject({
        asOf: AS_OF,
        mode: 'CONTROLLED',
        threshold: 11,
        measure: 'INJECTED',
        dimensions: ['department'],
        show: 'COUNT',
        period: 'DAY',
        days: DAYS,
      });
      const valuesOf = (answer: object) => seriesOf(answer, { department: PARIS }).values;
      expect(valuesOf(count)).toEqual(DAYS.map((_, n) => hidden(paris(n), n === 3, n === 5)));
      expect(valuesOf(cumulative)).toEqual(DAYS.map((_, n) => hidden(sum(0, n), n >= 3 && n < 5)));
      // Either both days of the move are among the seven, or one of them is withheld with the sum.
      expect(valuesOf(rolling)).toEqual(DAYS.map((_, n) => hidden(sum(n - 6, n), n >= 3 && n < 5, n > 9 && n <= 11)));
    });

    it('a range begins and ends where it is asked; a cumulated number still begins with the campaign', async () => {
      const range = `from=${dayAt(20)}&to=${dayAt(22)}`;
      const count = await figures(`table=doses-by-department&${range}`);
      const cumulative = await figures(`table=doses-by-department&${range}&show=CUMULATIVE`);
      expect([count.days, seriesOf(count, { department: PARIS }).values]).toEqual([
        [20, 21, 22].map(dayAt),
        [20, 21, 22].map(paris),
      ]);
      expect(seriesOf(cumulative, { department: PARIS }).values).toEqual([20, 21, 22].map((n) => sum(0, n)));
      expect((await figures('table=doses-by-department&from=2021-02-01&to=2031-01-01')).days.at(-1)).toBe(dayAt(59));
    });

    it('by ISO week, by month, and in all', async () => {
      const [week, month, total] = await Promise.all(
        ['WEEK', 'MONTH', 'TOTAL'].map((period) =>
          figures(`table=doses-by-department&from=2021-01-06&to=2021-02-10&period=${period}`),
        ),
      );
      const valuesOf = (answer: object) => seriesOf(answer, { department: PARIS }).values;
      // 4 January 2021 was a Monday; a week is whole, whatever the range cuts of it.
      expect(week.days).toEqual([0, 7, 14, 21, 28, 35].map(dayAt));
      expect(valuesOf(week)).toEqual([0, 7, 14, 21, 28, 35].map((n) => sum(n, n + 6)));
      expect([month.days, valuesOf(month)]).toEqual([
        ['2021-01-01', '2021-02-01'],
        [sum(0, 27), sum(28, 55)],
      ]);
      expect([total.days, valuesOf(total)]).toEqual([['2021-01-06'], [sum(2, 37)]]);
    });

    it('seven days end with their period, or with the last day that is published', async () => {
      const valuesOf = (answer: object) => seriesOf(answer, { department: PARIS }).values;
      const month = await figures('table=doses-by-department&show=ROLLING_7&period=MONTH');
      expect(valuesOf(month)).toEqual([sum(21, 27), sum(49, 55), sum(53, 59)]);
      const total = await figures('table=doses-by-department&show=ROLLING_7&period=TOTAL&to=2021-02-10');
      expect(valuesOf(total)).toEqual([sum(31, 37)]);
      const cumulative = await figures('table=doses-by-department&show=CUMULATIVE&period=WEEK');
      expect(valuesOf(cumulative)).toEqual([6, 13, 20, 27, 34, 41, 48, 55, 59].map((n) => sum(0, n)));
    });

    it('a withheld number is null and named, a département where nothing happened has zeros', async () => {
      const answer = await figures('table=doses-by-department');
      const ajaccio = seriesOf(answer, { department: AJACCIO });
      expect(ajaccio.suppressed).toEqual([3, 5]);
      expect(ajaccio.values).toEqual(DAYS.map((_, n) => (n === 3 || n === 5 ? null : 0)));
      expect(answer.series).toHaveLength(101);
      expect(seriesOf(answer, { department: '976' })).toMatchObject({
        suppressed: [],
        values: DAYS.map(() => 0),
        population: null,
      });
    });

    it('coverage is the share of the persons who had a dose of which each has one, where the population is known', async () => {
      const stages = await figures('table=doses-by-department-and-stage&show=CUMULATIVE');
      const complete = seriesOf(stages, { department: PARIS, stage: 'COMPLETE' });
      expect([complete.population, complete.coverage[1]]).toEqual([20_000, 0.0021]);
      const covered = STAGES.filter((stage) => seriesOf(stages, { department: PARIS, stage }).coverage !== null);
      expect(covered).toEqual(['COMPLETE', 'BOOSTER', 'SECOND_BOOSTER']);
      expect(seriesOf(stages, { department: '92', stage: 'COMPLETE' })).toMatchObject({
        population: null,
        coverage: null,
      });
      const ages = await figures('table=doses-by-age-and-rank&show=CUMULATIVE&period=TOTAL');
      expect(seriesOf(ages, { ageClass: '80', rank: '1' })).toMatchObject({
        values: [1800],
        population: 4000,
        coverage: [0.45],
      });
      expect(seriesOf(await figures('table=doses-by-age-and-rank'), { ageClass: '80', rank: '1' }).coverage).toBeNull();
    });

    it('GraphQL says what the door says', async () => {
      const fields =
        'department ageClass sex vaccine rank stage placeCategory phase targetingType channel product flow values suppressed population coverage';
      for (const [table, asked] of [
        ['doses-by-department', 'show: CUMULATIVE'],
        ['stock', 'period: MONTH'],
        ['doses-by-department-and-stage', 'from: "2021-02-01", show: ROLLING_7'],
      ]) {
        const { body } = await endpoint.ask(
          STEERING,
          `{ indicators(table: "${table}", ${asked}) { asOf mode threshold table measure dimensions show period days series { ${fields} } totals { ${fields} } } }`,
        );
        const query = (asked ?? '').replaceAll(/[" ]/g, '').replaceAll(':', '=').replaceAll(',', '&');
        const answer = await figures(`table=${table}&${query}`, STEERING);
        const withoutNulls = JSON.parse(JSON.stringify(body.data.indicators), (key, value) =>
          value === null && !/^(values|population|coverage|\d+)$/.test(key) ? undefined : value,
        );
        expect(withoutNulls).toEqual(answer);
      }
    });
  });

  describe('downloads', () => {
    const query = 'table=doses-by-department&from=2021-01-04&to=2021-01-12';

    it('the CSV reads back as the JSON, number for number, withheld ones marked', async () => {
      const answer = await door(`/indicateurs.csv?${query}`);
      const text = Buffer.from(await answer.arrayBuffer()).toString('utf8');
      expect(text.startsWith('\ufeffday;department;value;status\r\n')).toBe(true);
      expect(answer.headers.get('content-disposition')).toBe(
        'attachment; filename="doses-by-department_count_day_secret-11_2021-03-05.csv"',
      );
      const rows = text
        .slice(1)
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(';'));
      expect(rows).toEqual(await longTable());
    });

    it('the workbook reads back as the JSON too, and says how to read it', async () => {
      const bytes = Buffer.from(await (await door(`/indicateurs.xlsx?${query}`)).arrayBuffer());
      const [header, ...rows] = sheetIn(bytes);
      expect(header).toEqual(['day', 'department', 'value', 'status']);
      expect(rows.map(([day = '', ...rest]) => [dayOfSerial(day), ...rest])).toEqual(await longTable());
      expect(sheetIn(bytes, 2).slice(0, 4)).toEqual([
        ['Tableau', 'Doses injectées, par département (doses-by-department)'],
        ['Situation au', AS_OF],
        ['Mode', 'Secret statistique appliqué'],
        ['Seuil', '11'],
      ]);
    });

    async function longTable(): Promise<string[][]> {
      const { days, series } = await figures(query);
      return series.flatMap(({ department, values }: { department: string; values: (number | null)[] }) =>
        values.map((value, n) => [days[n], department, String(value ?? ''), value === null ? 'secret' : 'publié']),
      );
    }
  });

  describe('caches', () => {
    it('the open feed may be kept for a minute and asked again by its tag; a recipient’s answer by its own client only', async () => {
      const first = await door('/indicateurs.json?table=doses-by-department');
      const tag = first.headers.get('etag') ?? '';
      expect([first.headers.get('cache-control'), first.headers.get('vary')]).toEqual([
        'public, max-age=60, must-revalidate',
        'Authorization',
      ]);
      const again = await door('/indicateurs.json?table=doses-by-department', undefined, { 'if-none-match': tag });
      expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
      const own = await door('/indicateurs.json?table=doses-by-department', STEERING);
      expect(own.headers.get('cache-control')).toBe('private, no-cache');
      const other = await door('/indicateurs.json?table=doses-by-department', ILE_DE_FRANCE, { 'if-none-match': tag });
      expect([other.status, other.headers.get('etag') === tag]).toEqual([200, false]);
      const refused = await door('/indicateurs.json?table=doses-by-department-and-age');
      expect(refused.headers.get('cache-control')).toBe('no-store');
    });
  });

  it('one answer costs one statement, the first one and every other', async () => {
    const pool = register.database.pool('lancette_indicators');
    let asked = 0;
    pool.on('acquire', () => {
      asked += 1;
    });
    for (const query of [
      'table=invited',
      'table=invited',
      'table=invited&show=CUMULATIVE',
      'table=invited&period=WEEK',
    ])
      await figures(query);
    expect(asked).toBe(4);
    const client = await pool.connect();
    const { rows } = await client.query('select statement from pg_prepared_statements where statement like $1', [
      '%published_figure%',
    ]);
    client.release();
    expect(rows).toHaveLength(1);
  });

  describe('traces', () => {
    it('one for each reading by a recipient, with its article and no record; one for a refusal; none of the open feed', async () => {
      const before = await asOwner<{ n: number }>(register, 'select count(*)::int as n from trace');
      await figures('table=doses');
      await door('/indicateurs');
      const after = await asOwner<{ n: number }>(register, 'select count(*)::int as n from trace');
      expect(after).toEqual(before);
      const principal = as('ARS', { region: '11', subject: 'traced-agency' });
      await endpoint.ask(principal, '{ indicators(table: "doses-by-department") { asOf } }');
      await figures('table=doses-by-department', principal);
      await endpoint.ask(principal, '{ indicators(table: "doses") { asOf } }');
      await figures('table=doses', principal);
      const article = 'AIPD, destinataires pseudonymisés, 2°';
      expect(await traces('traced-agency')).toEqual([
        { outcome: 'DISCLOSED', operation: 'indicators', article, records: [] },
        { outcome: 'DISCLOSED', operation: 'indicators', article, records: [] },
        { outcome: 'REFUSED', operation: 'indicators.doses', article, records: [] },
        { outcome: 'REFUSED', operation: 'indicators.doses', article, records: [] },
      ]);
    });

    it('whoever is suspended is given no figure', async () => {
      const principal = as('PILOTAGE', { subject: 'suspended-steering' });
      await figures('table=doses', principal);
      await asOwner(
        register,
        `insert into suspension (id, kind, value, reason, until) values (gen_random_uuid(), 'principal', 'suspended-steering', 'BY_OPERATOR', now() + interval '1 hour')`,
      );
      expect((await door('/indicateurs.json?table=doses', principal)).status).toBe(403);
    });
  });

  it.each([
    ['no table', '', 404, 'UNKNOWN_TABLE'],
    ['a table that is not declared', 'table=doses-by-commune', 404, 'UNKNOWN_TABLE'],
    ['a name that every object has', 'table=constructor', 404, 'UNKNOWN_TABLE'],
    ['a range the wrong way round', 'table=doses&from=2021-03-02&to=2021-03-01', 400, 'INVALID_RANGE'],
    ['a day that no calendar has', 'table=doses&from=2021-02-30', 400, 'INVALID_INPUT'],
    ['another show', 'table=doses&show=ROLLING_3', 400, 'INVALID_INPUT'],
    ['another period', 'table=doses&period=YEAR', 400, 'INVALID_INPUT'],
    ['a filter', 'table=doses&department=75', 400, 'INVALID_INPUT'],
    ['a parameter given twice', 'table=doses&table=invited', 400, 'INVALID_INPUT'],
    ['more numbers than an answer may hold', 'table=doses-by-department&from=2000-01-01', 400, 'INDICATORS_TOO_LARGE'],
    ['figures without disclosure control', 'table=doses&mode=OPEN', 403, 'FORBIDDEN_MODE'],
  ])('%s is refused by a stable code, in both languages', async (_, query, status, code) => {
    const french = await door(`/indicateurs.json?${query}`);
    const english = await door(`/indicateurs.json?${query}`, undefined, { 'accept-language': 'en' });
    const [first, second] = [await french.json(), await english.json()];
    expect([french.status, errorOf(first)]).toMatchObject([status, { code }]);
    expect(first.errors[0].message).not.toBe(second.errors[0].message);
  });
  /** 101 départements, 8 vaccines; in a soak the 850 days of a whole campaign. */
  const CAMPAIGN = process.env.LANCETTE_SOAK ? 850 : 60;
  it('a table of the whole country is read within the time of a statement, and answered from memory then', async () => {
    await asOwner(
      register,
      `insert into steering.published_figure (table_id, k1, k2, day, value)
     select 'doses-by-department-and-vaccine', d, 'V' || v, date '2020-12-27' + n, 11 + (n * v) % 900
       from unnest($1::text[]) d, generate_series(1, 8) v, generate_series(0, $2::int - 1) n`,
      [Object.values(REGIONS).flat(), CAMPAIGN],
    );
    await asOwner(register, 'update steering.publication set id = 100');
    await asOwner(register, 'analyze steering.published_figure');
    const times: number[] = [];
    for (let n = 0; n < 21; n += 1) {
      const begun = performance.now();
      const answer = await figures(
        `table=doses-by-department-and-vaccine&period=MONTH&show=CUMULATIVE&to=2023-01-${10 + n}`,
      );
      expect(answer.errors).toBeUndefined();
      times.push(Math.round(performance.now() - begun));
      expect(answer.series.length).toBeGreaterThanOrEqual(808);
    }
    const [first, ...others] = times;
    process.stdout.write(
      `${(808 * CAMPAIGN).toLocaleString('en-US')} figures: first answer ${first} ms, then ${others.sort((a, b) => a - b)[10]} ms (median)\n`,
    );
  });
});

/** What the steering asks on its own dashboards. */
const STEERING_DOCUMENT =
  'query Figures($table: ID!, $mode: IndicatorMode = CONTROLLED) { indicators(table: $table, mode: $mode) { mode series { department ageClass values } } }';

describe('another server', () => {
  let open: Endpoint;
  beforeAll(async () => {
    await publish(register, { id: 2, asOf: AS_OF, cells: CELLS, moves: COVERED });
    const bytes = Buffer.from(
      JSON.stringify({
        version: 1,
        documents: { [documentId(STEERING_DOCUMENT)]: { recipients: ['PILOTAGE'], document: STEERING_DOCUMENT } },
      }),
    );
    const signature = await signManifest(bytes, register.config.keys.trustedDocuments?.privateKey ?? '');
    const surface = {
      ...register.config.surface,
      trustedDocuments: { bytes, signature },
      trustedDocumentsOnly: ['pilotage'],
    };
    open = await register.serve({
      config: { ...register.config, surface, indicators: { open: true, threshold: 11 } },
      limits: { ...AMPLE, indicators: { address: { ...AMPLE.indicators.address, points: 40 } } },
    });
  });
  const asked = async (address: string) => Buffer.from(await (await fetch(at(address, open))).arrayBuffer());

  it('tells nothing that was protected for a lower threshold than its own, until it is published anew', async () => {
    const standing = { id: 2, asOf: AS_OF, cells: CELLS, moves: COVERED };
    await publish(register, { ...standing, threshold: 5 });
    const refused = await fetch(at('/indicateurs.json?table=doses', open));
    expect([refused.status, errorOf(await refused.json())]).toMatchObject([404, { code: 'INDICATORS_NOT_PUBLISHED' }]);
    await publish(register, standing);
    expect((await fetch(at('/indicateurs.json?table=doses', open))).status).toBe(200);
  });

  it('gives the same bytes for the same question, in every format', async () => {
    for (const format of ['json', 'csv', 'xlsx']) {
      const address = `/indicateurs.${format}?table=doses-by-department&to=2021-01-20`;
      const here = Buffer.from(await (await door(address)).arrayBuffer());
      expect([format, (await asked(address)).equals(here)]).toEqual([format, true]);
    }
  });

  it('figures without disclosure control leave where the configuration opens them, when they are asked for', async () => {
    const plain = JSON.parse(String(await asked('/indicateurs.json?table=doses-by-department')));
    expect([plain.mode, seriesOf(plain, { department: AJACCIO }).values[3]]).toEqual(['CONTROLLED', null]);
    const shown = JSON.parse(String(await asked('/indicateurs.json?table=doses-by-department&mode=OPEN')));
    expect([shown.mode, shown.threshold, seriesOf(shown, { department: AJACCIO }).values[3]]).toEqual([
      'OPEN',
      null,
      2,
    ]);
  });

  it('the steering asks by its signed documents, and by nothing else', async () => {
    const signed = await open.ask(STEERING, STEERING_DOCUMENT, { table: 'doses-by-department-and-age' });
    const series = signed.body.data.indicators.series;
    expect(
      series.find(
        (one: Cell & { department: string; ageClass: string }) => one.department === PARIS && one.ageClass === '80',
      ).values,
    ).toEqual([40]);
    expect(codeOf(await open.ask(STEERING, '{ indicators(table: "doses") { asOf } }'))).toBe('UNTRUSTED_DOCUMENT');
  });

  it('but never of a table that crosses two quasi-identifiers, to nobody', async () => {
    const { body } = await open.ask(STEERING, STEERING_DOCUMENT, {
      table: 'doses-by-department-and-age',
      mode: 'OPEN',
    });
    expect(errorOf(body)).toEqual({
      code: 'FORBIDDEN_MODE',
      field: 'indicators.doses-by-department-and-age',
      article: 'AIPD M1.20',
    });
  });

  it('a new publication is seen at once, under another tag; a small number that no move covers is withheld all the same', async () => {
    const address = '/indicateurs.json?table=doses-by-department';
    const before = await fetch(at(address, open));
    const cells: Cell[] = [
      { table: 'doses-by-department', day: FIRST, k1: LYON, value: 10 },
      { table: 'doses-by-department', day: FIRST, k1: PARIS, value: 11 },
    ];
    await publish(register, { id: 3, asOf: '2021-01-05T03:00:00Z', cells });
    const after = await fetch(at(address, open), { headers: { 'if-none-match': before.headers.get('etag') ?? '' } });
    expect([after.status, after.headers.get('etag') === before.headers.get('etag')]).toEqual([200, false]);
    const answer = await after.json();
    expect([answer.asOf, answer.days]).toEqual(['2021-01-05T03:00:00Z', [FIRST]]);
    expect([LYON, PARIS].map((department) => seriesOf(answer, { department }).values[0])).toEqual([null, 11]);
  });

  it('turns away a network that asks too much, the sooner the more work it asks for, and says when to come back', async () => {
    const answers: Response[] = [];
    for (let month = 1; month <= 9; month += 1)
      answers.push(await fetch(at(`/indicateurs.json?table=doses-by-department&from=2020-0${month}-01`, open)));
    expect(answers[0]?.status).toBe(200);
    const away = answers.find(({ status }) => status === 429);
    expect(Number(away?.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});
