import { createServer } from 'node:http';
import pg from 'pg';
import { announce, givenFacts, readJson, sendJson } from './serve.js';

/**
 * What recording is measured against: one insert of an injection in a transaction of its own, by a named statement on a
 * pool behind Node's http server. No right, no check, no trace, no act, no idempotency.
 */
const facts = givenFacts();
const pool = new pg.Pool({
  connectionString: facts.databaseUrl,
  max: facts.poolSize,
  options: '-c timezone=UTC',
  idleTimeoutMillis: 0,
});
pool.on('error', () => undefined);

const INSERT = {
  name: 'insert injection',
  text: `insert into injection_step (patient_key, professional_key, rank, vaccine, lot_number, administration_route, injection_site,
    performed_at, place_category, place_finess) values ($1, 1, 9, $2, $3, 'INJECTABLE', 'LEFT_ARM', $4, 11, '750100125')`,
};

announce(
  createServer(async (request, response) => {
    const { values } = await readJson<{ values: string[] }>(request);
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query({ ...INSERT, values });
      await client.query('commit');
    } finally {
      client.release();
    }
    sendJson(response, '{"data":{"recordInjection":{"warnings":[],"nextStep":null}}}');
  }),
);
