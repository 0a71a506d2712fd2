import type { PersonIdentity } from '../../../src/areas/patients/registration.js';
import { ManualIntake, referentialContext, TableReferential } from '../../../src/areas/targeting/manual-intake.js';
import { isFault, parseLine } from '../../../src/areas/targeting/targeting-file.js';
import { aTargetedPerson, lineOf } from '../../builders/a-targeting-file.js';
import { aTargetingWorld, stateOf, type TargetingWorld } from '../../builders/a-targeting-world.js';

let world: TargetingWorld;
let intake: ManualIntake;
beforeAll(async () => {
  world = await aTargetingWorld();
  const { database, registrar, sealer } = world.register;
  intake = new ManualIntake(database, registrar, new TableReferential(database, sealer));
});
afterAll(() => world.close());

function identityOf(number: number): PersonIdentity {
  const person = parseLine(lineOf(aTargetedPerson(number)));
  if (isFault(person)) throw new Error(person.code);
  return person;
}

/** A person whom the referential knows. */
async function known(number: number, answers = number): Promise<Buffer> {
  const { nir, birthDate } = identityOf(number);
  const index = world.register.registrar.indexOf(nir, birthDate);
  const sealed = world.register.sealer.seal(JSON.stringify(identityOf(answers)), referentialContext(index));
  await world.query('insert into referential_person values ($1, $2)', [index, sealed]);
  return index;
}

it('a person who was never targeted is taken in as MANUAL, with a code like any other (AIPD, suivi)', async () => {
  const index = await known(1);
  expect(await intake.takeIn(index)).toBe(true);
  const rows = await world.query(
    `select p.targeting_type, i.code = c.code as coded from patient_nir n join patient p on p.key = n.patient_key
       join invitation i on i.patient_key = p.key join invitation_code c on c.patient_key = p.key where n.nir_index = $1`,
    [index],
  );
  expect(rows).toEqual([{ targeting_type: 'MANUAL', coded: true }]);
});

it('whom no referential knows is not taken in, nor whom it takes for somebody else', async () => {
  expect(await intake.takeIn(Buffer.alloc(32, 9))).toBe(false);
  expect(await intake.takeIn(await known(2, 3))).toBe(false);
});

it('two calls at once create one dossier, and both find it', async () => {
  const indexes = await Promise.all(Array.from({ length: 20 }, (_, at) => known(100 + at)));
  const before = await world.count('patient');
  const answers = await Promise.all(
    indexes.flatMap((index) => [intake.takeIn(index), intake.takeIn(index), intake.takeIn(index)]),
  );
  expect(answers.every(Boolean)).toBe(true);
  expect(await world.count('patient')).toBe(before + 20);
});

it('a professional and an import that meet the same person create one dossier', async () => {
  const indexes = await Promise.all(Array.from({ length: 40 }, (_, at) => known(1000 + at * 50)));
  const file = world.file(
    'a.csv',
    Array.from({ length: 2000 }, (_, at) => lineOf(aTargetedPerson(1000 + at))),
  );
  const before = await world.count('patient');
  await Promise.all([
    world.importer.importTargeting({ ...file, blockBytes: 16_384 }),
    ...indexes.map((index) => intake.takeIn(index)),
  ]);
  expect(await world.count('patient')).toBe(before + 2000);
  const { persons, codes, consistent } = (await stateOf(world)) as Record<string, number>;
  expect([codes, consistent]).toEqual([persons, persons]);
});
