import fs from 'node:fs';
import { aPatient, aPs, asOwner, byCode } from '../builders/a-patient.js';
import { exchange, written } from '../builders/a-raw-request.js';
import { aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
const logged: string[] = [];
const { writeSync } = fs;
beforeAll(async () => {
  register = await aRegister();
  // The log writes to standard error, in this process: listen there.
  fs.writeSync = ((fd: number, ...rest: [string]) => {
    if (fd === 2) logged.push(String(rest[0]));
    return fd === 2 ? Buffer.byteLength(String(rest[0])) : writeSync(fd, ...rest);
  }) as typeof fs.writeSync;
  endpoint = await register.serve({ config: { ...register.config, logLevel: 'info' } });
});
afterAll(async () => {
  fs.writeSync = writeSync;
  await register.close();
});

const MARK = 'ZqForged';
/** What breaks a line, a JSON string, a terminal or the direction of a text. */
const BREAKS = [
  '\r\n',
  '\n',
  '\r',
  '\u001b[2J\u001b[31m',
  '\u202e',
  '\u2028',
  '\u0085',
  '"}\n{"event":"',
  '\\',
  '\0',
  '\b\b\b',
  '%0d%0a',
  '$\u007bjndi:x}',
  '<script>',
];
const forged = (at: number): string => `a${BREAKS[at % BREAKS.length]}{"level":60,"event":"${MARK}${at}"}`;
const plain = (text: string): string => [...text].filter((one) => one >= ' ' && one <= '~').join('');

/** Places in which a caller may write whatever he likes. */
const PLACES: Record<string, (text: string) => Promise<unknown>> = {
  'the name of the operation': (operationName) => sent({ query: 'query A { __typename }', operationName }),
  'the name of an operation that fails': (operationName) => sent({ ...failing(), operationName }),
  'an extension': (text) => sent({ ...failing(), extensions: { [text]: text } }),
  'a variable': (text) => sent({ ...failing(), variables: { [text]: text } }),
  'the document': (text) => sent({ query: `{ __typename } #${text}` }),
  'a string of the document': (text) =>
    sent({ query: `{ patients(after: ${JSON.stringify(text)}) { edges { cursor } } }` }),
  'the identifier of a document': (documentId) => sent({ documentId }),
  'the user agent': (text) => sent(failing(), { 'user-agent': plain(text) }),
  'the forwarded address': (text) => sent(failing(), { 'x-forwarded-for': plain(text) }),
  'the language': (text) => sent(failing(), { 'accept-language': plain(text) }),
  'a request id of its own': (text) => sent(failing(), { 'x-request-id': plain(text) }),
  'the path': (text) => fetch(new URL(`/${encodeURIComponent(text)}`, endpoint.url)),
  'the token': (text) => sent({ query: '{ __typename }' }, { authorization: `Bearer ${plain(text)}` }),
};
let failing: () => { query: string };

async function sent(body: object, headers: Record<string, string> = {}): Promise<void> {
  const authorization = `Bearer ${await endpoint.tokenFor(aPs(1))}`;
  await endpoint.post({
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

const EACH = 80;

describe('SECURITY A63 · a line of the log', () => {
  beforeAll(async () => {
    const patient = await aPatient(register, 1);
    // Every search fails from now on, so that there is a line to forge.
    await asOwner(register, 'alter table patient rename column birth_place to elsewhere');
    const { code, birthDate } = byCode(patient);
    failing = () => ({
      query: `query A { patientByInvitation(code: "${code}", birthDate: "${birthDate}") { birthPlace } }`,
    });
  });

  it.each(Object.entries(PLACES))(`is forged by nothing that stands in %s (${EACH} tries each)`, async (_, put) => {
    logged.length = 0;
    for (let at = 0; at < EACH; at += 1) await put(forged(at));
    expect(logged.join('')).not.toContain(MARK);
    for (const line of logged) {
      expect(line).toMatch(/^[ -~\u00a0-\u00ff]*\n$/);
      expect(Object.keys(JSON.parse(line)).filter((name) => !KNOWN.includes(name))).toEqual([]);
    }
  });

  it('is forged by nothing that is no request at all', async () => {
    logged.length = 0;
    const token = await endpoint.tokenFor(as('SPF'));
    await Promise.all(
      BREAKS.map((text, at) =>
        exchange(endpoint, written(token, { headers: [`X-${text}: ${forged(at)}`] }), { patience: 500 }),
      ),
    );
    expect(logged.join('')).not.toContain(MARK);
  });

  it('is written for each failure, or this proves nothing', async () => {
    logged.length = 0;
    await sent(failing());
    expect(logged.length).toBeGreaterThanOrEqual(1);
    expect(JSON.parse(logged[0] ?? '')).toMatchObject({ code: 'INTERNAL', recipient: 'PS' });
  });
});

const KNOWN = ['level', 'time', 'event', 'requestId', 'recipient', 'code', 'error', 'msg'];
