import { createServer } from 'node:http';
import pg from 'pg';
import { parseKeys } from '../../../src/config.js';
import { Sealer, sealContext } from '../../../src/db/sealing.js';
import { QUESTIONS, type Question, type QuestionName } from '../questions.js';
import { announce, givenFacts, readJson, sendJson } from './serve.js';

/** What everything is measured against: one named statement on a pool behind Node's http server; no right, no GraphQL. */
const facts = givenFacts();
const pool = new pg.Pool({
  connectionString: facts.databaseUrl,
  max: facts.poolSize,
  options: '-c timezone=UTC -c plan_cache_mode=force_generic_plan -c jit=off',
  idleTimeoutMillis: 0,
});
pool.on('error', () => undefined);
const { sealing } = parseKeys(facts.keys);
const sealer = new Sealer(sealing.current, sealing.keys);

announce(
  createServer(async (request, response) => {
    const { question, values } = await readJson<{ question: QuestionName; values: string[] }>(request);
    const asked: Question = QUESTIONS[question];
    const { rows } = await pool.query<[string]>({ name: question, text: asked.bare, values, rowMode: 'array' });
    const text = asked.shape === 'one' ? (rows[0]?.[0] ?? 'null') : pageText(rows);
    sendJson(response, `{"data":{"${asked.root}":${question === 'pageWithNir' ? opened(text) : text}}}`);
  }),
);

function pageText(rows: readonly [string][]): string {
  const nodes = rows.slice(0, 100).map(([node]) => `{"node":${node}}`);
  return `{"edges":[${nodes.join(',')}],"pageInfo":{"hasNextPage":${rows.length > 100}}}`;
}

const opened = (text: string): string =>
  text.replace(/"~([^ "]+) ([0-9a-f-]{36})"/g, (_, value: string, id: string) =>
    JSON.stringify(sealer.open(value, sealContext(id))),
  );
