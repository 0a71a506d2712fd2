import { createServer } from 'node:http';
import pg from 'pg';
import { announce, givenFacts, readJson, sendJson } from './serve.js';

/**
 * What recording is measured against, in one of two manners: `alone` inserts an injection in a transaction of its own, `same`
 * the four rows that a recording leaves (injection, act, idempotency key, trace). Named statements on a pool behind Node's http
 * server: no right, no check, nobody looked up.
 */
const manner = process.argv[2];
const facts = givenFacts();
const pool = new pg.Pool({
  connectionString: facts.databaseUrl,
  max: facts.poolSize,
  options: '-c timezone=UTC',
  idleTimeoutMillis: 0,
});
pool.on('error', () => undefined);

const INJECTION = {
  name: 'insert injection',
  text: `insert into injection_step (patient_key, professional_key, rank, vaccine, lot_number, administration_route, injection_site,
    performed_at, place_category, place_finess) values ($1, 1, 9, $2, $3, 'INJECTABLE', 'LEFT_ARM', $4, 11, '750100125')`,
};

const OTHERS = [
  {
    name: 'insert act',
    text: `insert into act (kind, performed_on, professional_key) values ('INJECTION', $1::timestamptz::date, 1)`,
    from: ([, , , at]: string[]) => [at],
  },
  {
    name: 'insert idempotency',
    text: `insert into idempotency_key (subject, key, digest) values ('bare', $1, md5($1))`,
    from: ([key]: string[]) => [key],
  },
  {
    name: 'insert trace',
    text: `insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
      values (gen_random_uuid(), 'PS', 'bare', 'bare', array['5°'], 'RECORDED', 'art. 3, I, 1°', array[$1::bigint])`,
    from: ([key]: string[]) => [key],
  },
];

announce(
  createServer(async (request, response) => {
    const { values } = await readJson<{ values: string[] }>(request);
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query({ ...INJECTION, values });
      for (const { name, text, from } of manner === 'same' ? OTHERS : [])
        await client.query({ name, text, values: from(values) });
      await client.query('commit');
    } finally {
      client.release();
    }
    sendJson(response, '{"data":{"recordInjection":{"warnings":[],"nextStep":null}}}');
  }),
);
