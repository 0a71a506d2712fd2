import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { protect } from '../../src/areas/indicators/protection.js';
import { aCampaignCube, aDice, dayOf } from '../builders/a-campaign-cube.js';
import { onCluster } from '../builders/a-register.js';

const name = `t_${randomBytes(6).toString('hex')}`;
const cluster = String(process.env.LANCETTE_TEST_CLUSTER);
let client: pg.Client;

/** What a publication reads and writes, as the de-identified copy has it. */
const TABLES = `create schema steering;
  create table steering.published_base (day date, department text, age_class text, sex text, vaccine text, rank smallint,
    stage text, place_category smallint, count bigint);
  create table steering.person (measure text, day date, department text, age_class text, sex text, phase text,
    targeting_type text, channel text, count bigint);
  create table steering.published_site (day date, place_category smallint, site text, count bigint);
  create table steering.publication (id bigint, as_of timestamptz, published_at timestamptz);
  create table steering.move (publication bigint, move integer, table_id text, k1 text, k2 text, day date, effect smallint,
    primary key (table_id, k1, k2, day, move));
  insert into steering.publication values (7, '2021-03-31T02:00:00Z', '2021-03-31T02:00:00Z')`;

const insert = (table: string, row: readonly (string | number)[]) =>
  client.query(`insert into steering.${table} values (${row.map((_, at) => `$${at + 1}`).join(', ')})`, [...row]);

async function theMoves(): Promise<pg.QueryArrayResult['rows']> {
  const { rows } = await client.query({
    text: 'select publication::int, move, table_id, k1, k2, day::text, effect from steering.move order by 3, 4, 5, 6, 2',
    rowMode: 'array',
  });
  return rows;
}
const publish = async (threshold?: number) => {
  await client.query('begin');
  await protect(client, 7, threshold);
  await client.query('commit');
  return theMoves();
};
const withheldDays = (moves: readonly (readonly unknown[])[], table: string, k1: string) =>
  new Set(moves.filter((row) => row[2] === table && row[3] === k1).map((row) => row[5])).size;

beforeAll(async () => {
  await onCluster(cluster, `create database ${name}`);
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  client = new pg.Client({ connectionString: url.toString() });
  await client.connect();
  await client.query(TABLES);
  const size = { days: 14, departments: 3, ages: 2, vaccines: 2, dosesADay: 200, planted: 5 };
  for (const { day, values, count } of aCampaignCube(2, size).cells)
    await insert('published_base', [day, ...values, count]);
  const dice = aDice(4);
  for (let at = 0; at < 60; at += 1) {
    const measure = ['TARGETED', 'INVITED', 'ELIGIBLE'][at % 3]!;
    const department = dice() < 0.8 ? '75' : '48';
    await insert('person', [
      measure,
      dayOf(at % 20, '2021-03-01'),
      department,
      '80',
      'F',
      '1',
      'AUTO',
      '',
      5 + Math.floor(20 * dice()),
    ]);
  }
});
afterAll(async () => {
  await client.end();
  await onCluster(cluster, `drop database ${name} with (force)`);
});

describe('a publication', () => {
  it('is protected in its own transaction: doses and each measure of persons, and the same way each time', async () => {
    const moves = await publish();
    const tables = new Set(moves.map((row) => row[2]));
    for (const table of [
      'doses-by-department-and-vaccine',
      'targeted-by-department',
      'invited-by-department',
      'eligible-by-department',
    ]) {
      expect(tables).toContain(table);
    }
    expect(moves.every(([publication]) => publication === 7)).toBe(true);
    expect(await publish()).toEqual(moves);
  });

  it('withholds less below a lower threshold', async () => {
    const [strict, lenient] = [await publish(11), await publish(5)];
    expect(lenient.length).toBeLessThan(strict.length);
    expect(lenient.length).toBeGreaterThan(0);
  });

  it('withholds the days of a kind of place on which one site made nearly all doses', async () => {
    const before = withheldDays(await publish(), 'doses-by-place', '7');
    await client.query(`insert into steering.published_site
      select day, place_category, case when day = '2021-03-03' then '750000001' else (n % 4)::text end, sum(count) / 4
        from steering.published_base, generate_series(1, 4) n group by 1, 2, 3`);
    const after = await publish();
    expect(withheldDays(after, 'doses-by-place', '7')).toBeGreaterThan(before);
    expect(after.some((row) => row[2] === 'doses-by-place' && row[3] === '7' && row[5] === '2021-03-03')).toBe(true);
  });

  it('does not happen when its protection cannot be computed, as for a day eight thousand years away', async () => {
    const moves = await theMoves();
    await client.query('begin');
    await client.query(
      `insert into steering.published_base values ('9999-01-01', '75', '80', 'F', 'v0', 1, 'INITIAL', 7, 1)`,
    );
    await expect(protect(client, 8)).rejects.toThrow(RangeError);
    await client.query('rollback');
    expect(await theMoves()).toEqual(moves);
  });
});
