import pg from 'pg';
import { arrayLiteral, pipeline, type Step, sharedPipeline, statement } from '../../src/db/pipeline.js';

/** One connection, so that everything asked for in a turn must share it. */
let pool: pg.Pool;
beforeAll(() => {
  pool = new pg.Pool({ connectionString: process.env.LANCETTE_TEST_CLUSTER, max: 1 });
  pool.on('error', () => undefined);
});
afterAll(() => pool.end());

const step = (text: string, ...values: string[]): Step => ({ statement: statement(text), values });
const setting = (value: string): Step => step(`select set_config('lancette.test', $1, true)`, value);
const READ = step(`select nullif(current_setting('lancette.test', true), ''), pg_current_xact_id()::text`);

it('an array literal gives back what it was made of, whatever its characters', async () => {
  const values = ['', 'a', 'a\nb\tc', '"', '\\', '\\x00', '{,}', 'null', 'É’', '\u0001'];
  const [rows] = await pipeline(pool, [step('select to_json($1::text[])', arrayLiteral(values))]);
  expect(JSON.parse(rows?.[0]?.[0] ?? '')).toEqual(values);
});

describe('readings that share a write', () => {
  it('keep a transaction each: what one sets is gone for the next', async () => {
    const asked = [
      sharedPipeline(pool, [setting('mine'), READ]),
      sharedPipeline(pool, [READ]),
      sharedPipeline(pool, [setting('yours'), READ]),
    ];
    const [mine, nobodys, yours] = await Promise.all(asked);
    expect([mine?.[1]?.[0]?.[0], nobodys?.[0]?.[0]?.[0], yours?.[1]?.[0]?.[0]]).toEqual(['mine', null, 'yours']);
    expect(new Set([mine?.[1]?.[0]?.[1], nobodys?.[0]?.[0]?.[1], yours?.[1]?.[0]?.[1]]).size).toBe(3);
  });

  it('answer each its own caller, however many there are', async () => {
    const numbers = Array.from({ length: 100 }, (_, n) => String(n));
    const rows = await Promise.all(numbers.map((n) => sharedPipeline(pool, [step('select $1::text', n)])));
    expect(rows.map(([row]) => row?.[0]?.[0])).toEqual(numbers);
  });

  it('fail alone, even where a failing one was the first to use a statement', async () => {
    const fresh = step(`select 'first met in this write'`);
    const divide = step('select 1 / $1::int', '0');
    const outcomes = await Promise.allSettled([
      sharedPipeline(pool, [step(`select 'well'`)]),
      sharedPipeline(pool, [divide, fresh]),
      sharedPipeline(pool, [fresh]),
      sharedPipeline(pool, [divide]),
      sharedPipeline(pool, [fresh]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    await expect(pipeline(pool, [fresh])).resolves.toEqual([[['first met in this write']]]);
    await expect(pipeline(pool, [divide])).rejects.toMatchObject({ code: '22012' });
  });

  it('are all refused when the connection is lost, and the next ones find another', async () => {
    const end = step('select pg_terminate_backend(pg_backend_pid())');
    const outcomes = await Promise.allSettled([
      sharedPipeline(pool, [end]),
      sharedPipeline(pool, [READ]),
      sharedPipeline(pool, [READ]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(sharedPipeline(pool, [step('select 1')])).resolves.toEqual([[['1']]]);
  });
});
