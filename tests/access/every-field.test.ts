import { TEXTS } from '../../src/law/texts.js';
import { type CanaryWorld, aCanaryWorld, lettersOf } from '../builders/a-canary-world.js';
import { type Answer, aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { ALL_FIELDS, grantedTo, mayCall, nameOf, typeOf } from '../law/comparing.js';
import { type Field, type Recipient, TRANSCRIBED_RECIPIENTS } from '../law/transcription.js';
import { bytesOf, inParallel, refusalsIn, send } from './asking.js';
import { type Attempt, attempts, isOpen, type Route, refusalOn, routesAbout, SHAPES } from './documents.js';

const WIDTH = 8;
let register: Register;
let endpoint: Endpoint;
let world: CanaryWorld;
const counts = { cases: 0, requests: 0, paths: new Set<string>(), principals: new Set<string>() };

beforeAll(async () => {
  register = await aRegister();
  world = await aCanaryWorld(register);
  endpoint = await register.serve();
  await endpoint.ask(world.principal('MEDECIN_TRAITANT'), 'mutation { requestUnvaccinatedList }');
});

afterAll(async () => {
  await register.close();
  const { cases, requests, paths, principals } = counts;
  process.stdout.write(
    `every field: ${cases} cases in ${requests} requests, ${principals.size} recipients, ${paths.size} paths, 0 canaries\n`,
  );
});

const subject = () => world.people.A as CanaryWorld['people'][string];
const fieldsOf = (type: string): Field[] => ALL_FIELDS.filter((field) => typeOf(field) === type);

/** A recipient's own ways to a type; when it has none, one way that belongs to others. */
function routesOf(recipient: Recipient, type: string): Route[] {
  const routes = routesAbout(subject()).filter((route) => route.type === type);
  const own = routes.filter(({ root }) => mayCall(recipient, root));
  return own.length > 0 ? own : routes.slice(0, 1);
}

async function tried(recipient: Recipient, attempt: Attempt): Promise<Answer> {
  const answer = await send(endpoint, world.principal(recipient), attempt.body);
  counts.cases += attempt.fields.length;
  counts.requests += 1;
  counts.principals.add(recipient);
  const { root, links } = attempt.route;
  counts.paths.add(`${attempt.shape} · ${[root, ...links].join('.')}`);
  return answer;
}

const leaksOf = (recipient: Recipient, answer: Answer): string[] =>
  world.leaks(recipient, bytesOf(answer), 'A').map(({ field, person }) => `${field} of ${person}`);

/** Complaints about one refused document: not refused, refused without text, refused for something else, or leaking. */
function complaints(recipient: Recipient, { route, fields, body }: Attempt, answer: Answer): string[] {
  const seen = refusalsIn(answer);
  const expected = fields.map((field) => refusalOn(recipient, route, field));
  const missing = expected.filter((one) => !seen.some(({ code, field }) => code === one?.code && field === one.field));
  const unsourced = seen.filter(({ code, article }) => code.startsWith('FORBIDDEN') && !Object.hasOwn(TEXTS, article ?? ''));
  const strange = seen.filter(({ code }) => !['FORBIDDEN_FIELD', 'FORBIDDEN_OPERATION', 'INVALID_DOCUMENT'].includes(code));
  const found = [
    ...missing.map((one) => `not refused: ${one?.field}`),
    ...unsourced.map(({ field, article }) => `${field} refused by no text: ${article}`),
    ...strange.map(({ code }) => `answered ${code}`),
    ...(answer.body?.data ? ['executed'] : []),
    ...leaksOf(recipient, answer).map((leak) => `leaked ${leak}`),
  ];
  return found.map((complaint) => `${recipient} · ${complaint} · ${answer.status} · ${body.query}`);
}

/** Complaints about a granted document: refused, or showing more than it may. */
function regrets(recipient: Recipient, { body }: Attempt, answer: Answer): string[] {
  const refused = answer.status === 200 && !answer.body?.errors ? [] : [`refused ${answer.text.slice(0, 200)}`];
  const leaks = leaksOf(recipient, answer).map((leak) => `leaked ${leak}`);
  return [...refused, ...leaks].map((regret) => `${recipient} · ${regret} · ${body.query}`);
}

describe('a field that is not granted is refused before execution, with its article, whatever the path', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    const types = [...new Set(ALL_FIELDS.map(typeOf))];
    for (const type of types) {
      const denied = fieldsOf(type).filter((field) => !grantedTo(recipient).has(field));
      if (denied.length === 0) continue;
      it(`art. 3 · ${recipient} · ${type}.{${denied.map(nameOf).join()}} · refused`, async () => {
        const all = routesOf(recipient, type).flatMap((route) =>
          Object.keys(SHAPES).flatMap((shape) => attempts(shape, route, denied)),
        );
        const found: string[] = [];
        await inParallel(WIDTH, all, async (attempt) => {
          found.push(...complaints(recipient, attempt, await tried(recipient, attempt)));
        });
        expect(found).toEqual([]);
      });
    }
  }
});

describe('a granted field is answered on every path, within the perimeter', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS.filter((one) => grantedTo(one).size > 0)) {
    it(`${recipient} reads what the texts give and meets no other canary`, async () => {
      const routes = routesAbout(subject()).filter((route) => route.kind === 'query' && isOpen(recipient, route));
      const all = routes.flatMap((route) => {
        const granted = fieldsOf(route.type).filter((field) => grantedTo(recipient).has(field));
        return Object.keys(SHAPES).flatMap((shape) => attempts(shape, route, granted));
      });
      const found: string[] = [];
      const seen = new Set<string>();
      await inParallel(WIDTH, all, async (attempt) => {
        const answer = await tried(recipient, attempt);
        found.push(...regrets(recipient, attempt, answer));
        for (const canary of world.seen(answer.text)) seen.add(`${canary.field} of ${canary.person}`);
      });
      expect(found).toEqual([]);
      expect([...expectedSights(recipient)].filter((sight) => !seen.has(sight))).toEqual([]);
    });
  }
});

/** The canaries that a recipient must have met, or the test proves nothing: its fields of those whom it reaches. */
function expectedSights(recipient: Recipient): Set<string> {
  const reached = lettersOf(recipient, 'A');
  const sights = world.canaries.filter(
    ({ field, person, space }) => person && reached.includes(person) && grantedTo(recipient).has(field as Field) && !space,
  );
  const unreachable = (field: string) => field.startsWith('Attestation.') && !mayCall(recipient, 'issueAttestation');
  const consenting = (letter: string | null) => world.people[letter ?? '']?.consent;
  return new Set(
    sights
      .filter(({ field, person }) => grantedTo(recipient).get(field as Field) !== 'consent' || consenting(person))
      .filter(({ field }) => !unreachable(field))
      .map(({ field, person }) => `${field} of ${person}`),
  );
}
