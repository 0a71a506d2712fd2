import type { PoolClient, QueryArrayResult } from 'pg';
import { roleOf } from '../../src/access/grants.js';
import { protect } from '../../src/areas/indicators/protection.js';
import { THRESHOLD_DEFAULT } from '../../src/law/indicators.js';
import { aCampaignCube, dayOf } from '../builders/a-campaign-cube.js';
import { aDice } from '../builders/a-dice.js';
import { aRegister, type Register } from '../builders/a-register.js';

let register: Register;
/** As the role that publishes. */
let client: PoolClient;

const insert = (table: string, row: readonly (string | number)[]) =>
  client.query(`insert into steering.${table} values (${row.map((_, at) => `$${at + 1}`).join(', ')})`, [...row]);

async function theMoves(): Promise<QueryArrayResult['rows']> {
  const { rows } = await register.database.pool('lancette_indicators').query({
    text: 'select publication::int, move, table_id, k1, k2, day::text, effect from steering.move order by 3, 4, 5, 6, 2',
    rowMode: 'array',
  });
  return rows;
}
const publish = async (threshold: number = THRESHOLD_DEFAULT) => {
  await client.query('begin; set local statement_timeout = 0');
  await protect(client, 7, threshold);
  await client.query('commit');
  return theMoves();
};
const withheldDays = (moves: readonly (readonly unknown[])[], table: string, k1: string) =>
  new Set(moves.filter((row) => row[2] === table && row[3] === k1).map((row) => row[5])).size;

beforeAll(async () => {
  register = await aRegister();
  client = await register.database.pool(roleOf('steering')).connect();
  await insert('publication', [7, '2021-03-31T02:00:00Z', '2021-03-31T02:00:00Z', THRESHOLD_DEFAULT]);
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
      'AUTOMATIC',
      '',
      5 + Math.floor(20 * dice()),
    ]);
  }
});
afterAll(async () => {
  client.release();
  await register.close();
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
    await client.query('begin; set local statement_timeout = 0');
    await client.query(
      `insert into steering.published_base values ('9999-01-01', '75', '80', 'F', 'v0', 1, 'INITIAL', 7, 1)`,
    );
    await expect(protect(client, 8, THRESHOLD_DEFAULT)).rejects.toThrow(RangeError);
    await client.query('rollback');
    expect(await theMoves()).toEqual(moves);
  });
});
