import { roleOf } from '../../src/access/grants.js';
import type { Walls } from '../../src/application.js';
import { TEXTS } from '../../src/law/texts.js';
import { aCanaryWorld, type CanaryWorld, lettersOf } from '../builders/a-canary-world.js';
import { type Answer, aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { ALL_FIELDS, columnOf, grantedTo, mayCall, typeOf } from '../law/comparing.js';
import { type Field, type Recipient, TRANSCRIBED_RECIPIENTS, WORKED_OUT } from '../law/transcription.js';
import { bytesOf, inParallel, type RefusalSeen, refusalsIn, send } from './asking.js';
import { attempts, isOpen, type Route, routesAbout } from './documents.js';

const WIDTH = 8;
const NONE: Walls = { view: false, shield: false, database: false };
let register: Register;
let world: CanaryWorld;
const served = new Map<keyof Walls, Endpoint>();
const counts = new Map<string, number>();

beforeAll(async () => {
  register = await aRegister();
  world = await aCanaryWorld(register);
  for (const wall of ['view', 'shield', 'database'] as const)
    served.set(wall, await register.serve({ walls: { ...NONE, [wall]: true } }));
});
afterAll(async () => {
  await register.close();
  const told = [...counts].map(([wall, count]) => `${wall} ${count}`).join(', ');
  process.stdout.write(`each wall alone: ${told} denied fields tried, 0 canaries\n`);
});

const endpointOf = (wall: keyof Walls): Endpoint => served.get(wall) as Endpoint;
const person = (letter: string) => world.people[letter] as CanaryWorld['people'][string];
const deniedTo = (recipient: Recipient): Field[] => ALL_FIELDS.filter((field) => !grantedTo(recipient).has(field));

/** One way to a field by a query: the recipient's own if it has one, else any. */
function routeTo(recipient: Recipient, field: Field): Route {
  const routes = routesAbout(person('A')).filter(({ type, kind }) => type === typeOf(field) && kind === 'query');
  return (
    routes.find(({ root }) => mayCall(recipient, root)) ??
    ((routes.find(({ root }) => root === 'patients') ?? routes[0]) as Route)
  );
}

async function alone(wall: keyof Walls, recipient: Recipient, field: Field): Promise<Answer> {
  const [attempt] = attempts('direct', routeTo(recipient, field), [field]);
  counts.set(wall, (counts.get(wall) ?? 0) + 1);
  return send(endpointOf(wall), world.principal(recipient), attempt?.body);
}

/** Everything wrong with the refusal of each denied field by one wall. */
async function complaints(wall: keyof Walls, recipient: Recipient): Promise<string[]> {
  const found: string[] = [];
  await inParallel(WIDTH, deniedTo(recipient), async (field) => {
    const answer = await alone(wall, recipient, field);
    const refusals = refusalsIn(answer);
    if (refusals.length === 0 || !refusals.every(byLaw)) found.push(`${field} · ${answer.text.slice(0, 300)}`);
    found.push(...world.leaks(recipient, bytesOf(answer), 'A').map((leak) => `${field} · leaked ${leak.field}`));
  });
  return found;
}

const byLaw = ({ code, article }: RefusalSeen): boolean =>
  ['FORBIDDEN_FIELD', 'FORBIDDEN_OPERATION'].includes(code) && Object.hasOwn(TEXTS, article ?? '');

describe('the view alone', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    it(`refuses ${recipient} every field that it is not granted, with the article`, async () => {
      expect(await complaints('view', recipient)).toEqual([]);
    });
  }
});

describe('the shield alone', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    it(`refuses ${recipient} every field that it is not granted, with the article`, async () => {
      expect(await complaints('shield', recipient)).toEqual([]);
    });
  }
  it('refuses a whole root field when one thing beneath it is not granted', async () => {
    const query = `{ me { birthName ageClass } }`;
    const { body } = await endpointOf('shield').ask(world.principal('PATIENT'), query);
    expect(body.data).toEqual({ me: null });
  });
  it('merges the verdicts of one response key', async () => {
    const query = '{ me { birthName } me { ageClass } ...R } fragment R on Query { me { id } }';
    const { body } = await endpointOf('shield').ask(world.principal('PATIENT'), query);
    expect(body.data).toEqual({ me: null });
  });
});

/** What is worked out is no column: the wall of PostgreSQL holds what it is worked out from. */
const isWorkedOut = (field: string): boolean => WORKED_OUT.includes(typeOf(field));

describe('PostgreSQL alone', () => {
  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    it(`refuses ${recipient} every column that it is not granted`, async () => {
      expect(await complaints('database', recipient)).toEqual([]);
    });
    it(`answers ${recipient} the columns that it is granted`, async () => {
      const found: string[] = [];
      await inParallel(WIDTH, [...grantedTo(recipient).keys()], async (field) => {
        const route = routeTo(recipient, field);
        if (route.root === 'unvaccinatedPatients' || !isOpen(recipient, route) || isWorkedOut(field)) return;
        const answer = await alone('database', recipient, field);
        if (answer.body.errors) found.push(`${field} · ${answer.text.slice(0, 300)}`);
      });
      expect(found).toEqual([]);
    });
    it(`answers « permission denied » to ${recipient} for each such column`, async () => {
      const found: string[] = [];
      for (const field of deniedTo(recipient)) {
        const [table = '', column = ''] = columnOf(recipient, field).split('.');
        if (column === 'pseudonym' || isWorkedOut(field)) continue;
        const code = await register.database
          .pool(roleOf(recipient))
          .query(`select ${column} from ${table}`)
          .then(
            () => 'answered',
            (error: { code: string }) => error.code,
          );
        if (code !== '42501') found.push(`${field} · ${code}`);
      }
      expect(found).toEqual([]);
    });
  }
});

/** Settings by which PostgreSQL knows on whose behalf a role reads. */
const SETTINGS: Partial<Record<Recipient, [string, () => string]>> = {
  PS: ['patient', () => person('A').key],
  PATIENT: ['patient', () => person('A').key],
  MEDECIN_TRAITANT: ['rpps', () => world.principal('MEDECIN_TRAITANT').professional?.rpps ?? ''],
  AGENT_AM: ['bodies', () => '01751'],
  AGENT_ATTESTATION: ['bodies', () => '01751'],
  ARS: ['region', () => '11'],
};

/** The letters of the persons whose keys a role finds in a table that it reads whole. */
async function lettersIn(recipient: Recipient, table: string, key: string, settled = true): Promise<string[]> {
  const client = await register.database.pool(roleOf(recipient)).connect();
  try {
    await client.query('begin');
    const [name, value] = (settled && SETTINGS[recipient]) || [];
    if (name) await client.query('select set_config($1, $2, true)', [`lancette.${name}`, value?.()]);
    const { rows } = await client.query<{ key: string }>(`select distinct ${key} as key from ${table}`);
    const letters = new Map(Object.values(world.people).map((one) => [one.key, one.letter]));
    return rows.map((row) => letters.get(row.key) ?? `unknown ${row.key}`).sort();
  } finally {
    await client.query('rollback');
    client.release();
  }
}

const READERS = TRANSCRIBED_RECIPIENTS.filter((one) =>
  [...grantedTo(one).keys()].some((field) => typeOf(field) === 'Patient'),
);
const DEPENDENT: Readonly<Record<string, readonly string[]>> = {
  invitation: ['Invitation.code'],
  eligibility_step: ['EligibilityStep.performedAt', 'EligibilityStep.notRecommendedVaccines'],
  injection_step: ['InjectionStep.rank'],
  attestation: ['Attestation.id'],
  patient_health: ['Patient.treatments', 'Patient.contraindications'],
};
const HAS: Readonly<Record<string, (letter: string) => boolean>> = {
  eligibility_step: (letter) => person(letter).eligible,
  injection_step: (letter) => person(letter).doses > 0,
  attestation: (letter) => person(letter).doses > 0,
};

describe('row-level security alone, without any condition in the statement', () => {
  for (const recipient of READERS) {
    it(`${recipient} finds the persons of its perimeter and nobody else`, async () => {
      expect(await lettersIn(recipient, 'patient', 'key')).toEqual(lettersOf(recipient, 'A'));
    });
    for (const [table, fields] of Object.entries(DEPENDENT)) {
      const condition = fields.map((field) => grantedTo(recipient).get(field as Field)).find(Boolean);
      if (!condition) continue;
      it(`${recipient} finds in ${table} the rows of its perimeter and no other`, async () => {
        const allowed = lettersOf(recipient, 'A')
          .filter((letter) => condition !== 'consent' || person(letter).consent)
          .filter((letter) => HAS[table]?.(letter) ?? true);
        expect(await lettersIn(recipient, table, 'patient_key')).toEqual(allowed);
      });
    }
    if (SETTINGS[recipient]) {
      it(`${recipient} finds nobody before the perimeter is set`, async () => {
        expect(await lettersIn(recipient, 'patient', 'key', false)).toEqual([]);
      });
    }
  }
  it('a transaction leaves no perimeter behind for the next one on the same connection', async () => {
    const client = await register.database.pool(roleOf('AGENT_AM')).connect();
    try {
      await client.query('begin');
      await client.query(`select set_config('lancette.bodies', '01751', true)`);
      await client.query('commit');
      expect((await client.query('select key from patient')).rowCount).toBe(0);
    } finally {
      client.release();
    }
  });
  it('SPIS finds no military site and no professional given by hand', async () => {
    const pool = register.database.pool(roleOf('SPIS'));
    expect((await pool.query('select name from vaccination_site')).rows).toEqual([{ name: 'CENTRE CIVIL' }]);
    const { rows } = await pool.query<{ rpps: string }>('select rpps from professional');
    const byHand = new Set(
      world.canaries.filter((one) => one.byHand && one.field === 'Professional.rpps').map((one) => one.value),
    );
    expect(byHand.size).toBeGreaterThan(0);
    expect(rows.filter(({ rpps }) => byHand.has(rpps))).toEqual([]);
  });
});

describe('the compiled predicate alone, on the owner’s connection', () => {
  const ids = () => new Map(Object.values(world.people).map((one) => [one.id, one.letter]));
  let endpoint: Endpoint;
  beforeAll(async () => {
    endpoint = await register.serve({ walls: { view: true, shield: true, database: false } });
  });

  for (const recipient of TRANSCRIBED_RECIPIENTS.filter((one) => mayCall(one, 'patients'))) {
    it(`${recipient} is listed as many persons as its perimeter holds`, async () => {
      const { body, text } = await endpoint.ask(
        world.principal(recipient),
        '{ patients(first: 100) { edges { node { sex } } } }',
      );
      expect(body.data.patients.edges.length).toBe(lettersOf(recipient).length);
      expect(world.leaks(recipient, text)).toEqual([]);
    });
  }
  for (const recipient of ['MEDECIN_TRAITANT', 'AGENT_AM', 'AGENT_ATTESTATION'] as const) {
    it(`${recipient} finds by identifier the persons of its perimeter and nobody else`, async () => {
      const found: string[] = [];
      await inParallel(WIDTH, Object.values(world.people), async ({ id }) => {
        const { body } = await endpoint.ask(world.principal(recipient), `{ patient(id: "${id}") { id } }`);
        if (body.data.patient) found.push(ids().get(body.data.patient.id) ?? '');
      });
      expect(found.sort()).toEqual(lettersOf(recipient));
    });
  }
  it('AGENT_AM finds by NIR the persons of its perimeter and nobody else', async () => {
    const found: string[] = [];
    await inParallel(WIDTH, Object.values(world.people), async ({ nir, birthDate }) => {
      const query = `{ patientByNir(nir: "${nir}", birthDate: "${birthDate}") { id } }`;
      const { body } = await endpoint.ask(world.principal('AGENT_AM'), query);
      if (body.data.patientByNir) found.push(ids().get(body.data.patientByNir.id) ?? '');
    });
    expect(found.sort()).toEqual(lettersOf('AGENT_AM'));
  });
  it('PS finds by code the one patient whose birth date it knows', async () => {
    for (const { code, birthDate, id } of Object.values(world.people)) {
      const ask = (born: string) =>
        endpoint.ask(
          world.principal('PS'),
          `{ found: patientByInvitation(code: "${code}", birthDate: "${born}") { id } }`,
        );
      expect((await ask(birthDate)).body.data.found).toEqual({ id });
      expect((await ask('1930-01-01')).body.data.found).toBeNull();
    }
  });
  it('PATIENT finds himself', async () => {
    const { body } = await endpoint.ask(world.principal('PATIENT'), '{ me { id } }');
    expect(body.data.me.id).toBe(person('A').id);
  });
  it('MEDECIN_TRAITANT reads health and steps of those only who consent', async () => {
    const query =
      '{ myPatients { edges { node { id treatments injectionSteps { rank } eligibilityStep { performedAt } } } } }';
    const { body } = await endpoint.ask(world.principal('MEDECIN_TRAITANT'), query);
    const shown = body.data.myPatients.edges.map(
      ({ node }: { node: { id: string; treatments: unknown; injectionSteps: unknown } }) => [
        ids().get(node.id),
        Boolean(node.treatments),
        Boolean(node.injectionSteps),
      ],
    );
    expect(shown.sort()).toEqual([
      ['A', true, true],
      ['B', false, false],
      ['C', true, true],
      ['D', true, true],
      ['F', false, false],
    ]);
    const withheld: { field: string }[] = body.extensions.withheld;
    expect(withheld.map(({ field }) => field)).toContain('Patient.treatments');
  });
});

describe('art. 3, I, 2° · the list of unvaccinated patients is open for one month', () => {
  const list = () =>
    endpointOf('database').ask(
      world.principal('MEDECIN_TRAITANT'),
      '{ unvaccinatedPatients { edges { node { birthName } } } }',
    );
  const requestedSince = (interval: string) =>
    register.database.owner.query(`update unvaccinated_list_request set requested_at = now() - interval '${interval}'`);

  it('never requested: refused', async () => {
    expect(refusalsIn(await list()).map(({ code }) => code)).toEqual(['LIST_NOT_REQUESTED']);
  });
  it('requested: the unvaccinated patients of this physician', async () => {
    await endpointOf('shield').ask(world.principal('MEDECIN_TRAITANT'), 'mutation { requestUnvaccinatedList }');
    const { body } = await endpointOf('shield').ask(
      world.principal('MEDECIN_TRAITANT'),
      '{ unvaccinatedPatients { edges { node { birthName } } } }',
    );
    const names: { node: { birthName: string } }[] = body.data.unvaccinatedPatients.edges;
    expect(names.map(({ node }) => node.birthName).sort()).toEqual(['ZQDBIRTHNAMED', 'ZQFBIRTHNAMEF']);
  });
  it('27 days later still, more than a month later no longer', async () => {
    const shown = async () => refusalsIn(await list()).map(({ code }) => code);
    await requestedSince('27 days');
    expect(await shown()).toEqual([]);
    await requestedSince('1 month 1 second');
    expect(await shown()).toEqual(['LIST_NOT_REQUESTED']);
  });
});
