import { KeepingPool } from '../../src/db/keeping-pool.js';

/** One connection: another process of the server behind it is another connection. */
let pool: KeepingPool;
beforeAll(() => {
  pool = new KeepingPool({ connectionString: process.env.LANCETTE_TEST_CLUSTER, max: 1 });
  pool.on('error', () => undefined);
});
afterAll(() => pool.end());

const backend = async (): Promise<number> => (await pool.query('select pg_backend_pid() as pid')).rows[0].pid;

it.each([
  ['a table that does not exist', 'select from nothing', '42P01'],
  ['a value that is none', `select 'x'::int`, '22P02'],
  ['a wrong statement', 'selec', '42601'],
  ['an exception of a function', `do $$ begin raise exception using errcode = 'LC001'; end $$`, 'LC001'],
])('a refused statement costs no connection: %s', async (_, text, code) => {
  const before = await backend();
  await expect(pool.query(text)).rejects.toMatchObject({ code });
  await expect(pool.query({ name: `named ${code}`, text, values: [] })).rejects.toMatchObject({ code });
  expect(await backend()).toBe(before);
});

it('a connection that the server ended is replaced', async () => {
  const before = await backend();
  await expect(pool.query('select pg_terminate_backend(pg_backend_pid())')).rejects.toMatchObject({ code: '57P01' });
  expect(await backend()).not.toBe(before);
});

it('a statement that never reached the server costs its connection', async () => {
  const before = await backend();
  const broken = {
    text: 'select $1',
    values: [
      {
        toPostgres: () => {
          throw new Error('no text');
        },
      },
    ],
  };
  await expect(pool.query(broken)).rejects.toThrow('no text');
  expect(await backend()).not.toBe(before);
});

it('statements asked for at once are each answered', async () => {
  const asked = Array.from({ length: 50 }, (_, n) =>
    n % 2 ? pool.query('select $1::int as n', [n]) : pool.query('select 1 / 0'),
  );
  const ended = await Promise.allSettled(asked);
  expect(ended.map((one) => (one.status === 'fulfilled' ? one.value.rows[0].n : one.reason.code))).toEqual(
    asked.map((_, n) => (n % 2 ? n : '22012')),
  );
});
