import { createHash, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PoolClient } from 'pg';
import { type DatabaseWall, ROLES } from '../../src/access/grants.js';
import { lawfulWall, prepareDatabase } from '../../src/application.js';
import { ageOn } from '../../src/areas/injection/schedule.js';
import { foldInto, PREPARE_FOLD } from '../../src/areas/steering/fold.js';
import { SteeringCopy } from '../../src/areas/steering/steering-copy.js';
import { SteeringLoop } from '../../src/areas/steering/steering-loop.js';
import { createLog } from '../../src/kernel/log.js';
import { AGE_CLASSES, STAGES } from '../../src/law/indicators.js';
import { VACCINES } from '../../src/law/vaccines.js';
import { fullSchema } from '../../src/schema.js';
import { differencesAfter } from '../builders/a-broken-wall.js';
import { aDraw } from '../builders/a-dice.js';
import {
  anEligibility,
  anInjection,
  aPatient,
  aProfessional,
  aPs,
  asOwner,
  CIVIL_SITE,
} from '../builders/a-patient.js';
import { type Answer, as, type Endpoint, type Register } from '../builders/a-register.js';
import { aSecondCount, parisDay, stageOf, theCopy } from '../builders/a-second-count.js';
import { aTargetedPerson, lineOf } from '../builders/a-targeting-file.js';
import { aTargetingWorld, command, type TargetingWorld } from '../builders/a-targeting-world.js';

const SOAK = Boolean(process.env.LANCETTE_SOAK);
const EVENTS = SOAK ? 10_000 : 300;

let world: TargetingWorld;
let register: Register;
let endpoint: Endpoint;
/** These tests are about what is counted; that it is also protected is shown where the control of disclosure is. */
const UNPROTECTED = { threshold: 11, protect: async (): Promise<void> => undefined };
let copy: SteeringCopy;
beforeAll(async () => {
  world = await aTargetingWorld();
  register = world.register;
  endpoint = await register.serve();
  copy = new SteeringCopy(register.database, UNPROTECTED);
  await owner(
    `insert into vaccination_site (finess, name, department, vaccines) values ('${CIVIL_SITE}', 'CENTRE', '75', '{}'), ('${ELSEWHERE}', 'AUTRE', '69', '{}')`,
  );
});
afterAll(() => world.close());

const ELSEWHERE = '690781810';
const UNDECLARED = '130786049';
const owner = <T extends object>(sql: string, values: unknown[] = []) => asOwner<T>(register, sql, values);
const query = async <T extends object>(role: string, sql: string): Promise<T[]> =>
  (await register.database.pool(`lancette_${role}`).query<T>(sql)).rows;
const codeOf = ({ body }: Answer): string => body.errors?.[0]?.extensions.code ?? 'DONE';
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function drawing(seed: number) {
  const draw = aDraw(seed);
  const below = (limit: number) => draw() % limit;
  return { below, one: <T>(values: readonly T[]): T => values[below(values.length)] as T };
}
type Draw = ReturnType<typeof drawing>;

interface Known {
  readonly key: string;
  readonly id: string;
  readonly code: string;
  readonly birthDate: string;
  readonly body: string;
}
const people = () =>
  owner<Known>(
    `select p.key::text, p.id, c.code, p.birth_date as "birthDate", p.body_key as body
       from patient p join invitation_code c on c.patient_key = p.key order by p.key`,
  );

let imported = 0;
async function importSome(persons: number): Promise<void> {
  const lines = Array.from({ length: persons }, (_, at) => lineOf(aTargetedPerson(imported + at)));
  imported += persons;
  await world.importer.importTargeting(world.file(`${imported}.csv`, lines));
}

let supplies = 0;
async function importSupply(lines: readonly string[]): Promise<void> {
  supplies += 1;
  const text = ['finess;product;lotNumber;kind;quantity;at', ...lines, ''].join('\n');
  const file = path.join(world.folder, `supply-${supplies}.csv`);
  writeFileSync(file, text);
  writeFileSync(`${file}.sha256`, `${createHash('sha256').update(text).digest('hex')}  supply.csv\n`);
  const ran = await command(world, ['import-supply', file]);
  if (ran.exitCode !== 0) throw new Error(ran.stderr);
}

/** Whoever owns the tables may erase a person for good; where no key holds a step to its person, the person may go first. */
async function purge({ key }: { key: string }, first: 'steps' | 'person'): Promise<void> {
  const client = await register.database.ownerPool().connect();
  const steps = ['injection_step', 'eligibility_step'];
  const rest = ['attestation', 'patient_nir', 'invitation_code', 'invitation', 'patient_health', 'targeting_gain'];
  const person = `delete from patient where key = ${key}`;
  const deletions = [...steps, ...rest].map((table) => `delete from ${table} where patient_key = ${key}`);
  try {
    await client.query('begin');
    for (const table of steps) await client.query(`alter table ${table} disable trigger ${table}_is_final`);
    if (first === 'person') await client.query('set local session_replication_role = replica');
    for (const one of first === 'steps' ? [...deletions, person] : [person, ...deletions]) await client.query(one);
    for (const table of steps) await client.query(`alter table ${table} enable always trigger ${table}_is_final`);
    await client.query('commit');
  } finally {
    client.release(true);
  }
}

const RECORD_ELIGIBILITY = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';
const RECORD = 'mutation ($input: InjectionInput!) { recordInjection(input: $input) { id } }';
const CORRECT = 'mutation ($input: InjectionCorrectionInput!) { correctInjection(input: $input) { id } }';
const CORRECT_ELIGIBILITY =
  'mutation ($input: EligibilityCorrectionInput!) { correctEligibility(input: $input) { id } }';
const WITHDRAW = 'mutation ($input: WithdrawalInput!) { withdrawStep(input: $input) { id } }';
const OBJECT = 'mutation ($id: ID) { recordObjection(patientId: $id) }';
const agentOf = ({ body }: Known) => as('AGENT_AM', { subject: 'agent-steering', bodies: [body] });
const about = ({ id }: Known, given: object) => ({
  input: { patientId: id, idempotencyKey: randomUUID(), reason: 'INACCURATE', ...given },
});

const PRODUCTS = ['EU/1/20/1528', 'EU/1/20/1507', 'EU/1/21/1529', 'EU/1/20/1525'];
/** Instants on both sides of midnight in Paris among them. */
const HOURS = ['T10:30:00Z', 'T21:59:59Z', 'T22:30:00Z', 'T23:30:00Z'];
/** Each rank has its month, far enough from the one before for a booster. */
const monthOf = (rank: number) => (rank <= 2 ? `2021-0${3 + rank}` : `202${rank - 1}-0${rank}`);

/** What happens to a register, each by the path by which it really happens; some are refused, as some really are. */
const HAPPENINGS: Readonly<Record<string, (draw: Draw, someone: Known) => Promise<unknown>>> = {
  eligibility: (draw, { code, birthDate }) => {
    const performedAt = `2021-03-0${1 + draw.below(8)}${draw.one(HOURS)}`;
    return endpoint.ask(aPs(1), RECORD_ELIGIBILITY, { input: anEligibility({ code, birthDate }, { performedAt }) });
  },
  injection: async (draw, { key, code, birthDate }) => {
    const [row] = await owner<{ rank: number }>(
      'select 1 + count(*)::int as rank from injection_step where patient_key = $1',
      [key],
    );
    const rank = row?.rank ?? 1;
    const given = {
      vaccine: draw.one(PRODUCTS),
      performedAt: `${monthOf(rank)}-1${draw.below(9)}${draw.one(HOURS)}`,
      placeCategory: draw.one([4, 11]),
      placeFiness: draw.one([CIVIL_SITE, ELSEWHERE, UNDECLARED, null]),
    };
    return endpoint.ask(aPs(1), RECORD, { input: anInjection({ code, birthDate }, rank, given) });
  },
  correction: (draw, someone) => {
    const changes = [
      { vaccine: draw.one(PRODUCTS) },
      { placeCategory: 8 },
      { performedAt: `${monthOf(1)}-0${1 + draw.below(8)}T12:00:00Z` },
    ];
    const given = { rank: 1 + draw.below(2), ...draw.one(changes) };
    return endpoint.ask(agentOf(someone), CORRECT, about(someone, given));
  },
  'correction of a consultation': (draw, someone) => {
    const performedAt = `2021-02-1${draw.below(9)}T12:00:00Z`;
    return endpoint.ask(agentOf(someone), CORRECT_ELIGIBILITY, about(someone, { performedAt }));
  },
  withdrawal: (draw, someone) => {
    const input = { patientId: someone.id, idempotencyKey: randomUUID(), rank: draw.one([null, 1, 2]) };
    return endpoint.ask(agentOf(someone), WITHDRAW, { input });
  },
  objection: (_, someone) => endpoint.ask(agentOf(someone), OBJECT, { id: someone.id }),
  purge: (draw, someone) => purge(someone, draw.one(['steps', 'person'] as const)),
  'invitations sent': (draw) =>
    owner('update invitation set sent_at = $1, channel = $2 where patient_key % 5 = $3', [
      `2021-02-0${1 + draw.below(8)}T22:30:00Z`,
      draw.one(['EMAIL', 'LETTER']),
      draw.below(5),
    ]),
  'an invitation that came back': (_, { key }) =>
    owner('update invitation set sent_at = null, channel = null where patient_key = $1', [key]),
  'another department': (draw, { key }) =>
    owner('update patient set department = $2 where key = $1', [key, draw.one(['75', '69', '2A'])]),
  'another phase and sex': (draw, { key }) =>
    owner('update patient set targeting_phase = $2, sex = $3 where key = $1', [
      key,
      draw.one(['P1', 'P2', null]),
      draw.one(['F', 'M']),
    ]),
  'another birth date': (draw, { key }) =>
    owner('update patient set birth_date = $2 where key = $1', [key, draw.one(['1950-00-00', '1970', '2008-04-15'])]),
  'an infection': (draw, { key }) =>
    owner(
      `insert into patient_health (patient_key, infection_date) values ($1, $2)
       on conflict (patient_key) do update set infection_date = excluded.infection_date`,
      [key, draw.one(['2021-01-05', '2021-04', '2021-06-01', null])],
    ),
  'no health data': (_, { key }) => owner('delete from patient_health where patient_key = $1', [key]),
  'an import': () => importSome(20),
  supply: (draw) =>
    importSupply(
      [CIVIL_SITE, ELSEWHERE].flatMap((finess) =>
        ['IN', 'OUT', 'BROKEN', 'LEFT'].map((kind) =>
          [finess, draw.one(PRODUCTS), 'LOT1001', kind, 1 + draw.below(90), `2021-04-1${draw.below(9)}T22:30:00Z`].join(
            ';',
          ),
        ),
      ),
    ),
  'a place declared late, or moved': (draw) =>
    owner(
      `insert into vaccination_site (finess, name, department, vaccines) values ('${UNDECLARED}', 'TARDIF', $1, '{}')
       on conflict (finess) do update set department = excluded.department`,
      [draw.one(['13', '83'])],
    ),
  'a fold': (draw) => copy.fold(draw.one([1, 7, 1000])),
};
/** How often each happens. */
const FREQUENCY: Readonly<Record<string, number>> = {
  ...{ eligibility: 60, injection: 100, correction: 30, 'correction of a consultation': 8, withdrawal: 12 },
  ...{ objection: 6, purge: 8, 'invitations sent': 6, 'an invitation that came back': 6, 'another department': 12 },
  ...{ 'another phase and sex': 10, 'another birth date': 10, 'an infection': 16, 'no health data': 4 },
  ...{ 'an import': 3, supply: 4, 'a place declared late, or moved': 1, 'a fold': 14 },
};
const URN = Object.entries(FREQUENCY).flatMap(([kind, times]) => Array.from({ length: times }, () => kind));

/** Whoever moves a person while it is being corrected may be told to try again: nothing of it was then done. */
const unlessDeadlocked = (error: { code?: string }): void => {
  if (error.code !== '40P01') throw error;
};

/** Something happens when a fold has counted, and has not ended. */
async function whileFolding(something: () => Promise<void>): Promise<void> {
  const client = await register.database.pool('lancette_steering').connect();
  try {
    await client.query(`begin; ${PREPARE_FOLD}; select pg_advisory_xact_lock(hashtext('lancette.steering'))`);
    expect((await foldInto(client, null)).restart).toBe(false);
    await something();
    await client.query('commit');
  } finally {
    client.release(true);
  }
}

async function happen(draw: Draw, kinds: readonly string[] = URN): Promise<void> {
  const kind = draw.one(kinds);
  await HAPPENINGS[kind]?.(draw, draw.one(await people()));
}

describe('AIPD, base de pilotage · the copy counts what the register holds', () => {
  it(`after ${EVENTS} random events, corrections, objections and purges among them, folded in between`, async () => {
    await importSome(60);
    const draw = drawing(SOAK ? Date.now() : 7);
    for (let n = 0; n < EVENTS; n += 1) {
      await happen(draw);
      if (n % 100 !== 99) continue;
      await copy.drain(500);
      expect(await theCopy(register)).toEqual(await aSecondCount(register));
    }
    const { dose, person, stock } = await aSecondCount(register);
    const seen = (cells: object, at: number) => [...new Set(Object.keys(cells).map((key) => key.split('|')[at]))];
    const stages = ['BOOSTER', 'COMPLETE', 'INITIAL', 'SECOND_BOOSTER'];
    // A soak draws other events each time.
    expect(seen(dose, 6).sort()).toEqual(SOAK ? expect.arrayContaining(stages) : stages);
    expect(seen(person, 1).sort()).toEqual(['ELIGIBLE', 'INVITED', 'TARGETED']);
    expect(seen(stock, 3).sort()).toEqual(['BROKEN', 'DELIVERED', 'REMAINING', 'SENT', 'USED']);
    expect(await owner('select from steering.change')).toEqual([]);
  });

  it('and a count from zero gives the same, to the row', async () => {
    const folded = await theCopy(register);
    const { exitCode, stdout } = await command(world, ['rebuild-indicators', '--json']);
    expect([exitCode, JSON.parse(stdout).figures]).toEqual([0, Object.keys(folded.figure).length]);
    expect(await theCopy(register)).toEqual(folded);
  });

  it('and so it does after a table was emptied, which no trigger can follow', async () => {
    await owner('truncate supply_level');
    await copy.drain();
    expect(await theCopy(register)).toEqual(await aSecondCount(register));
  });

  it('and so it does when a place is declared, then moved, while a fold counts the doses given there', async () => {
    const given = { doses: 1, dose: { placeFiness: '340781608', performedAt: '2021-05-03T10:00:00Z' } } as const;
    const places = [
      `insert into vaccination_site (finess, name, department, vaccines) values ('340781608', 'PENDANT', '34', '{}')`,
      `update vaccination_site set department = '30' where finess = '340781608'`,
    ];
    await copy.drain();
    for (const [at, place] of places.entries()) {
      await aPatient(register, 7000 + at, given);
      await whileFolding(async () => {
        await owner(place);
      });
      await copy.drain();
      expect(await theCopy(register)).toEqual(await aSecondCount(register));
    }
  });

  it('and when a place is moved while its supply is being recorded', async () => {
    await copy.drain();
    const client = await register.database.ownerPool().connect();
    try {
      await client.query('begin');
      await client.query(
        `insert into supply_movement (finess, product, lot_number, kind, quantity, at, batch, line)
         values ('${ELSEWHERE}', 'EU/1/20/1528', 'LOT1', 'IN', 7, '2021-05-03T10:00:00Z', 'meanwhile', 1)`,
      );
      const moving = owner(`update vaccination_site set department = '42' where finess = '${ELSEWHERE}'`);
      await pause(50);
      await client.query('commit');
      await moving;
    } finally {
      client.release(true);
    }
    await copy.drain();
    expect(await theCopy(register)).toEqual(await aSecondCount(register));
  });

  it.each([
    ['two servers fold and their connections are killed', 0],
    ['one of them counts anew beside', 1],
  ])('while people are recorded, corrected and moved, and %s', async (_, rebuilding) => {
    const other = new SteeringCopy(register.database, UNPROTECTED);
    const kinds = [
      ...['eligibility', 'injection', 'injection', 'injection', 'correction', 'another department'],
      ...['an infection', 'invitations sent'],
    ];
    let recording = true;
    let [folds, counts, kills] = [0, 0, 0];
    const meanwhile = async (work: () => Promise<unknown>) => {
      while (recording) {
        try {
          await work();
        } catch {
          kills += 1;
        }
      }
    };
    const folding = (one: SteeringCopy) => async () => {
      await one.fold(5);
      folds += 1;
    };
    const counting = async () => {
      await other.rebuild();
      counts += 1;
      await pause(150);
    };
    const killing = async () => {
      await pause(15);
      await owner(`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'lancette_steering'
          and datname = current_database() and state <> 'idle' and random() < 0.15`);
    };
    const background = [folding(copy), folding(other), killing, ...(rebuilding ? [counting] : [])].map(meanwhile);
    await Promise.all(
      [11, 12, 13, 14].map(async (seed) => {
        const draw = drawing(seed + 10 * rebuilding);
        // Until a count has ended beside them: some are killed.
        for (let n = 0; n < (SOAK ? 2000 : 20) || counts < rebuilding; n += 1)
          await happen(draw, kinds).catch(unlessDeadlocked);
      }),
    );
    recording = false;
    await Promise.all(background);
    expect([folds > 3, kills > 0, counts > 0]).toEqual([true, true, rebuilding === 1]);
    await copy.drain();
    expect(await theCopy(register)).toEqual(await aSecondCount(register));
  });
});

describe('the functions that the law writes in the database', () => {
  it('tell the stage of a dose as the pathway does', async () => {
    const vaccines = [...VACCINES.map(({ mp }) => mp), 'EU/1/99/9999'];
    const infections = [null, '2021-01-05', '2021-03', '2021-03-02', '2021-03-03'];
    const cases = vaccines.flatMap((vaccine) =>
      infections.flatMap((infection) =>
        [1, 2, 3, 4, 5, 9].flatMap((rank) =>
          ['2021-08-31', '2021-09-01'].map((day) => ({ vaccine, infection, rank, day })),
        ),
      ),
    );
    const told = await owner<{ stage: string }>(
      `select steering.stage((c->>'rank')::smallint, c->>'vaccine', (c->>'infection') collate "C" < '2021-03-02' collate "C", (c->>'day')::date) as stage
         from json_array_elements($1::json) with ordinality as given (c, at) order by at`,
      [JSON.stringify(cases)],
    );
    const expected = cases.map(({ vaccine, infection, rank, day }) => {
      const doses = [{ rank: 1, vaccine, at: '2021-03-02T23:30:00Z', place: 11, finess: null, siret: null }];
      return stageOf({ birth: '1950-01-01', infection, doses }, rank, day);
    });
    expect(told.map(({ stage }) => stage)).toEqual(expected);
    expect(new Set(expected)).toEqual(new Set(STAGES));
  });
  it('tell the class of an age as the pathway tells the age, of partial and lunar dates too', async () => {
    const births = [
      ...['2020-12-31', '2010-02-28', '2010-03-01', '2009', '2009-12', '1941-00-00', '1941-13-42', '1904-02-29'],
      ...AGE_CLASSES.map(({ upTo }) => `${2021 - Math.min(upTo, 99)}-02-28`),
    ];
    const cases = ['2021-01-01', '2021-02-28', '2021-12-31', '2024-02-29'].flatMap((day) =>
      births.map((birth) => ({ birth, day })),
    );
    const told = await owner<{ code: string }>(
      `select steering.age_class(c->>'birth', (c->>'day')::date) as code from json_array_elements($1::json) with ordinality as given (c, at) order by at`,
      [JSON.stringify(cases)],
    );
    expect(told.map(({ code }) => code)).toEqual(
      cases.map(({ birth, day }) => AGE_CLASSES.find(({ upTo }) => ageOn(birth, day) <= upTo)?.code),
    );
  });
});

describe('what is published', () => {
  const sum = async () =>
    (await owner<{ sum: number }>('select coalesce(sum(value), 0)::int as sum from steering.published_figure'))[0]?.sum;
  let people = 5000;
  const recordOne = async (performedAt: string) => {
    people += 1;
    const { code, person } = await aPatient(register, people, { eligible: true });
    const input = anInjection({ code, birthDate: person.birthDate }, 1, { performedAt });
    expect(codeOf(await endpoint.ask(aPs(1), RECORD, { input }))).toBe('DONE');
  };

  it('is every whole day before today, and says of when', async () => {
    await recordOne(new Date(Date.now() - 1000).toISOString());
    const before = new Date().toISOString();
    const { exitCode, stdout } = await command(world, ['publish-indicators', '--json']);
    const { id, asOf, publishedAt } = JSON.parse(stdout);
    expect([exitCode, id, asOf >= before, publishedAt >= asOf]).toEqual([0, 1, true, true]);
    const today = parisDay(new Date());
    for (const [from, to] of [
      ['figure', 'published_figure'],
      ['dose', 'published_base'],
      ['site', 'published_site'],
    ]) {
      expect(
        await owner(
          `(select * from steering.${from} where day < '${today}' except table steering.${to}) union all (table steering.${to} except select * from steering.${from} where day < '${today}')`,
        ),
      ).toEqual([]);
      expect(await owner(`select from steering.${from} where day = '${today}'`)).not.toEqual([]);
    }
  });

  it('stays as it is, whatever is recorded, until the next publication', async () => {
    const before = (await sum()) ?? 0;
    await recordOne('2021-05-05T10:00:00Z');
    await copy.drain();
    expect(await sum()).toBe(before);
    expect((await copy.publish()).id).toBe(2);
    expect(await sum()).toBeGreaterThan(before);
  });

  it('takes the place of what it replaces, cells that are empty now included, and nothing else is kept', async () => {
    const dose = { performedAt: '2021-06-07T10:00:00Z', vaccine: 'EU/1/22/1709' };
    const patient = await aPatient(register, 9000, { doses: 1, dose });
    await copy.publish();
    const cells = () => owner(`select from steering.published_figure where k1 = 'EU/1/22/1709'`);
    expect((await cells()).length).toBeGreaterThan(0);
    await purge(patient, 'steps');
    await copy.publish();
    expect(await cells()).toEqual([]);
    expect(await owner('select from steering.publication')).toHaveLength(1);
  });

  it('holds everything that was committed before its moment, however much is being recorded', async () => {
    await importSome(300);
    const { key: by } = await aProfessional(register, 1);
    const waiting = (await owner<{ key: string }>('select key::text from patient where not vaccinated')).map(
      ({ key }) => key,
    );
    const committed: string[] = [];
    let publishing = true;
    const write = async (day: number) => {
      for (let key = waiting.pop(); key && publishing; key = waiting.pop()) {
        await owner(
          `insert into injection_step (patient_key, rank, vaccine, lot_number, administration_route, injection_site, performed_at, place_category, professional_key)
           values ($1, 1, 'EU/1/20/1528', 'LOT1', 'INJECTABLE', 'LEFT_ARM', $2, 11, $3)`,
          [key, `2021-08-0${day}T10:00:00Z`, by],
        );
        committed.push((await owner<{ at: string }>('select clock_timestamp()::text as at'))[0]?.at ?? '');
      }
    };
    const writing = [1, 2, 3].map(write);
    for (let n = 0; n < 4; n += 1) {
      await copy.publish();
      const [row] = await owner<{ n: number; at: string }>(
        `select (select coalesce(sum(value), 0)::int from steering.published_figure where table_id = 'doses'
           and day between '2021-08-01' and '2021-08-03') as n, as_of::text as at from steering.publication`,
      );
      expect(row?.n).toBeGreaterThanOrEqual(committed.filter((at) => at < (row?.at ?? '')).length);
    }
    publishing = false;
    await Promise.all(writing);
    expect(committed.length).toBeGreaterThan(0);
  });

  it('is published with its protection, or not at all', async () => {
    await recordOne('2021-05-06T10:00:00Z');
    const state = async () => [await sum(), await owner('select * from steering.publication')];
    const before = await state();
    const failing = new SteeringCopy(register.database, {
      ...UNPROTECTED,
      protect: () => Promise.reject(new Error('no protection')),
    });
    await expect(failing.publish()).rejects.toThrow('no protection');
    expect(await state()).toEqual(before);
    const protecting = new SteeringCopy(register.database, {
      ...UNPROTECTED,
      protect: async (client, publication) => {
        await client.query('delete from steering.move');
        await client.query(`insert into steering.move values ($1, 1, 'doses', '', '', '2021-05-06', 1)`, [publication]);
      },
    });
    const { id } = await protecting.publish();
    expect(await query('indicators', 'select publication::int, effect from steering.move')).toEqual([
      { publication: id, effect: 1 },
    ]);
  });

  it('once when it is due, by the servers themselves, however many there are', async () => {
    await owner(`update steering.publication set published_at = published_at - interval '25 hours'`);
    const [{ id } = { id: 0 }] = await owner<{ id: number }>('select id::int from steering.publication');
    const loops = [1, 2, 3].map(
      () => new SteeringLoop(new SteeringCopy(register.database, UNPROTECTED), { at: '04:00' }, createLog('silent'), 5),
    );
    for (const loop of loops) loop.start();
    await recordOne('2021-05-07T10:00:00Z');
    await pause(400);
    await Promise.all(loops.map((loop) => loop.stop()));
    expect(await owner('select id::int from steering.publication')).toEqual([{ id: id + 1 }]);
    expect(await owner('select from steering.change')).toEqual([]);
    expect(await theCopy(register)).toEqual(await aSecondCount(register));
  });
});

describe('coverage', () => {
  const load = (text: string) => {
    const file = path.join(world.folder, 'population.csv');
    writeFileSync(file, text);
    return command(world, ['load-population', file, '--json'], 'en');
  };
  const HEADER = 'kind;code;population;source;as_of';
  it('is told by populations that an operator loads, and loads again', async () => {
    const lines = [
      'department;75;1000;essai;2021-01-01',
      'ageClass;80;200;essai;2021-01-01',
      'all;all;1200;essai;2021-01-01',
    ];
    const ran = await load([HEADER, ...lines, ''].join('\n'));
    expect([ran.exitCode, JSON.parse(ran.stdout)]).toEqual([0, { loaded: 3 }]);
    await load(`${HEADER}\r\ndepartment;75;1001;essai;2022-01-01\r\n`);
    expect(await query('indicators', 'select kind, code, population from steering.population order by kind')).toEqual([
      { kind: 'ageClass', code: '80', population: 200 },
      { kind: 'all', code: 'all', population: 1200 },
      { kind: 'department', code: '75', population: 1001 },
    ]);
  });
  it.each([
    ['kind;code\n', /FILE_FORMAT/],
    [`${HEADER}\ncommune;75056;1;x;2021-01-01`, /INVALID_INPUT: 2:kind/],
    [`${HEADER}\ndepartment;75;1;x;2021-01-01\ndepartment;99;1;x;2021-01-01`, /INVALID_INPUT: 3:code/],
    [`${HEADER}\ndepartment;75;-4;x;2021-01-01`, /INVALID_INPUT: 2:population/],
    [`${HEADER}\ndepartment;75;4;;2021-01-01`, /INVALID_INPUT: 2:source/],
    [`${HEADER}\ndepartment;75;4;x;soon`, /INVALID_INPUT: 2:as_of/],
    [`${HEADER}\n\ndepartment;75;4;x;2021-01-01\ndepartment;75;5;x;2021-01-01`, /INVALID_INPUT: 4:code/],
    [`${HEADER}\ndepartment;75;4`, /INVALID_INPUT: 2:line/],
  ])('refuses a wrong file whole and says where: %j', async (text, message) => {
    const before = await owner('select * from steering.population order by kind');
    expect(await load(text)).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(message) });
    expect(await owner('select * from steering.population order by kind')).toEqual(before);
  });
});

describe('who reaches the copy', () => {
  /** The code of the refusal that this role meets, in a transaction that leaves nothing. */
  async function refusal(client: PoolClient, role: string, sql: string): Promise<string> {
    await client.query(`begin; set local role ${role}`);
    const code = await client.query(sql).then(
      () => 'allowed',
      (error) => error.code,
    );
    await client.query('rollback');
    return code;
  }
  const NO_RIGHT = '42501';
  async function expectRefused(roles: readonly string[], statements: readonly string[]): Promise<void> {
    const client = await register.database.ownerPool().connect();
    try {
      for (const role of roles)
        for (const sql of statements)
          expect([role, sql, await refusal(client, role, sql)]).toEqual([role, sql, NO_RIGHT]);
    } finally {
      client.release();
    }
  }
  const HIDDEN = ['change', 'dose', 'person', 'site', 'figure', 'published_base', 'published_site', 'unpublished'];
  const READING = [...HIDDEN.map((table) => `select from steering.${table}`), 'select steering.recount()'];

  it('no role but the one that folds reads a cell or a change', () =>
    expectRefused(
      ROLES.filter((role) => role !== 'lancette_steering'),
      READING,
    ));
  it('no role but the one that reads indicators reads what is published', () =>
    expectRefused(
      ROLES.filter((role) => !['lancette_steering', 'lancette_indicators'].includes(role)),
      ['published_figure', 'publication', 'move', 'population'].map((table) => `select from steering.${table}`),
    ));
  it('the role that folds reads no table of the register', () =>
    expectRefused(
      ['lancette_steering'],
      [
        ...['patient', 'injection_step', 'eligibility_step', 'invitation', 'patient_health', 'supply_movement'].map(
          (table) => `select from public.${table}`,
        ),
        `insert into steering.change (measure) values ('RESTART')`,
        'select steering.infection_of(1)',
      ],
    ));
  it('the role that reads indicators changes nothing, and does not learn when a cell was written', async () => {
    const [row] = await query<{ some: boolean }>(
      'indicators',
      'select count(day) > 0 as some from steering.published_figure',
    );
    expect(row?.some).toBe(true);
    await expectRefused(
      ['lancette_indicators'],
      [
        'select xmin from steering.published_figure',
        'delete from steering.published_figure',
        'insert into steering.move values (1)',
        'update steering.publication set id = 0',
      ],
    );
  });
  it('nothing of the copy can hold a name or an hour', async () => {
    const columns = await owner<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns where table_schema = 'steering'
        and (data_type ~ 'time|uuid|json|bytea' or column_name ~ 'key|id$|code|name|nir') order by 1`,
    );
    expect(columns.map(({ name }) => name)).toEqual([
      ...['figure.table_id', 'move.table_id', 'population.code'],
      ...['publication.as_of', 'publication.id', 'publication.published_at', 'published_figure.table_id'],
    ]);
  });

  let wall: DatabaseWall;
  beforeAll(() => {
    wall = lawfulWall(register.database, fullSchema());
  });
  const BROKEN = [
    ['grant usage on schema steering to lancette_spf', 'unlawful: lancette_spf USAGE of schema steering'],
    ['grant select on steering.dose to lancette_indicators', 'unlawful: lancette_indicators SELECT steering.dose'],
    [
      'grant select on steering.publication to lancette_indicators',
      'unlawful: lancette_indicators reads of publication: as_of,cmax,cmin,ctid,id,published_at,tableoid,threshold,xmax,xmin',
    ],
    [
      'grant select (department) on patient to lancette_steering',
      'unlawful: lancette_steering SELECT patient.department',
    ],
    ['revoke select on steering.figure from lancette_steering', 'missing: lancette_steering SELECT steering.figure'],
    [
      'revoke select (value) on steering.published_figure from lancette_indicators',
      'missing: lancette_indicators reads of published_figure: day,k1,k2,table_id,value',
    ],
    [
      'grant execute on function steering.recount() to public',
      'unlawful: lancette_indicators EXECUTE steering.recount',
    ],
    [
      'alter table injection_step disable trigger steering_injection_step_enters',
      'missing: the steering copy is fed by steering_injection_step_enters on injection_step',
    ],
    [
      'alter table patient enable trigger steering_patient_moves',
      'missing: the steering copy is fed by steering_patient_moves on patient',
    ],
    [
      'drop trigger steering_invitation_goes on invitation',
      'missing: the steering copy is fed by steering_invitation_goes on invitation',
    ],
    [
      `create or replace function steering.stage(rank smallint, first_vaccine text, infected_before boolean, on_day date) returns text language sql stable as $$select 'INITIAL'$$`,
      `unlawful: steering.stage is select 'INITIAL'`,
    ],
    [`comment on schema steering is 'another law'`, 'unlawful: the steering copy counts by the law another law'],
  ] as const;
  it('another wall than the law’s is seen, in whatever it differs', async () => {
    expect(await differencesAfter(register.database, wall, [])).toEqual([]);
    const differences = await differencesAfter(
      register.database,
      wall,
      BROKEN.map(([statement]) => statement),
    );
    expect(differences).toEqual(expect.arrayContaining(BROKEN.map(([, difference]) => difference)));
    expect(await differencesAfter(register.database, wall, ['drop schema steering cascade'])).toContain(
      'missing: lancette_steering USAGE of schema steering',
    );
  });
  it('and the server does not start; put up again, everything is counted anew by the law', async () => {
    await owner(`comment on schema steering is 'another law'`);
    await expect(register.serve()).rejects.toThrow(/run « lancette migrate »/);
    await prepareDatabase(register.database);
    expect(await owner('select measure from steering.change')).toEqual([{ measure: 'RESTART' }]);
    await copy.drain();
    expect(await theCopy(register)).toEqual(await aSecondCount(register));
  });
});
