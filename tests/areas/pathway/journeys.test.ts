import fc from 'fast-check';
import { type APatient, anEligibility, anInjection, aPatient, aPs, asOwner, byCode } from '../../builders/a-patient.js';
import { type Answer, aRegister, type Endpoint, type Register } from '../../builders/a-register.js';

const SOAK = Boolean(process.env.LANCETTE_SOAK);
const JOURNEYS = SOAK ? 10_000 : 60;
const RACERS = SOAK ? 100_000 : 200;

let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
});
afterAll(() => register.close());

const ELIGIBILITY = 'mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id } }';
const INJECTION = 'mutation ($input: InjectionInput!) { recordInjection(input: $input) { id } }';
const record = async (input: object, by = 1): Promise<string> =>
  outcomeOf(await endpoint.ask(aPs(by), 'rank' in input ? INJECTION : ELIGIBILITY, { input }));
const outcomeOf = ({ body }: Answer): string => body.errors?.[0]?.extensions.code ?? 'RECORDED';

/** What a journey has left behind, told by the test alone: no line of the register's own rules is used here. */
interface Model {
  readonly born: string;
  consulted?: string;
  readonly doses: { readonly vaccine: string; readonly at: string }[];
}

const [PFIZER, ASTRA, JANSSEN, NOVAVAX, VALNEVA] = [
  'EU/1/20/1528',
  'EU/1/21/1529',
  'EU/1/20/1525',
  'EU/1/21/1618',
  'EU/1/21/1624',
] as const;
const AUTHORISED: Readonly<Record<string, string>> = {
  [PFIZER]: '2020-12-21',
  [ASTRA]: '2021-01-29',
  [JANSSEN]: '2021-03-11',
  [NOVAVAX]: '2021-12-20',
  [VALNEVA]: '2022-06-24',
};
const SERIES: Readonly<Record<string, number>> = { [PFIZER]: 2, [ASTRA]: 2, [NOVAVAX]: 2, [JANSSEN]: 1 };

const dayOf = (at: string): string => at.slice(0, 10);
const daysBetween = (from: string, to: string): number =>
  Math.round((Date.parse(dayOf(to)) - Date.parse(dayOf(from))) / 86_400_000);
const ageAt = (born: string, on: string): number =>
  Number(on.slice(0, 4)) - Number(born.slice(0, 4)) - (on.slice(5) < born.slice(5) ? 1 : 0);

/** DOMAIN §8.3, restated: whether the last dose has closed the dossier on that day. */
function closed({ born, doses }: Model, at: string): boolean {
  const [first, last] = [doses[0], doses.at(-1)];
  const series = SERIES[first?.vaccine ?? ''];
  if (!first || !last || series === undefined || doses.length < series) return false;
  const on = dayOf(at);
  if (on < '2021-09-01') return true;
  const age = ageAt(born, on);
  if (age < 12) return true;
  if (on < '2021-12-15') return false;
  const afterJanssenAlone = last.vaccine === JANSSEN && doses.length === 1;
  const delay = afterJanssenAlone ? 31 : age < 18 ? 184 : 92;
  return daysBetween(last.at, at) < delay;
}

/** A certificate cannot number more doses (DOMAIN §3.2). */
const MOST_DOSES = 9;

function expectedOf(model: Model, rank: number, vaccine: string, at: string): string {
  if (rank > MOST_DOSES) return 'INVALID_VARIABLES';
  if (dayOf(at) < (AUTHORISED[vaccine] ?? '')) return 'VACCINE_NOT_AUTHORISED';
  if (Date.parse(at) > Date.now()) return 'INVALID_INPUT';
  if (rank <= model.doses.length && model.consulted) return 'STEP_ALREADY_RECORDED';
  const last = model.doses.at(-1);
  if (!model.consulted || at < model.consulted || rank !== model.doses.length + 1 || (last && at < last.at))
    return last &&
      model.consulted &&
      rank === model.doses.length + 1 &&
      dayOf(last.at) <= dayOf(at) &&
      closed(model, at)
      ? 'DOSSIER_CLOSED'
      : 'STEP_OUT_OF_ORDER';
  return closed(model, at) ? 'DOSSIER_CLOSED' : 'RECORDED';
}

interface Real {
  readonly patient: APatient;
}
type Command = fc.AsyncCommand<Model, Real>;

class Consult implements Command {
  constructor(
    private readonly at: string,
    private readonly agrees: boolean,
  ) {}
  check = () => true;
  async run(model: Model, { patient }: Real): Promise<void> {
    const outcome = await record(anEligibility(byCode(patient), { performedAt: this.at, personAgrees: this.agrees }));
    const expected = !this.agrees ? 'DECLARATION_REQUIRED' : model.consulted ? 'STEP_ALREADY_RECORDED' : 'RECORDED';
    expect(outcome).toBe(expected);
    if (outcome === 'RECORDED') model.consulted = this.at;
  }
  toString = () => `consult(${this.at}, ${this.agrees})`;
}

/** Days after the step before, so that journeys go on; now and then before it, or far beyond today. */
class Inject implements Command {
  constructor(
    private readonly step: number,
    private readonly vaccine: string,
    private readonly days: number,
  ) {}
  check = () => true;
  async run(model: Model, { patient }: Real): Promise<void> {
    const rank = Math.max(1, model.doses.length + this.step);
    const performedAt = after(model.doses.at(-1)?.at ?? model.consulted ?? '2021-01-20T10:00:00Z', this.days);
    const outcome = await record(anInjection(byCode(patient), rank, { vaccine: this.vaccine, performedAt }));
    const told = `rank ${rank}, ${this.vaccine}, ${performedAt}, after ${JSON.stringify(model)}`;
    expect([told, outcome]).toEqual([told, expectedOf(model, rank, this.vaccine, performedAt)]);
    if (outcome === 'RECORDED') model.doses.push({ vaccine: this.vaccine, at: performedAt });
  }
  toString = () => `inject(${this.step}, ${this.vaccine}, ${this.days})`;
}

const after = (at: string, days: number): string =>
  `${new Date(Date.parse(at) + days * 86_400_000).toISOString().slice(0, 19)}Z`;
const consultedAt = fc.integer({ min: 0, max: 250 }).map((days) => after('2020-12-22T10:00:00Z', days));
const agrees = fc.constantFrom(true, true, true, false);
const injection = fc
  .tuple(
    fc.constantFrom(1, 1, 1, 1, 1, 0, 2),
    fc.constantFrom(PFIZER, PFIZER, PFIZER, ASTRA, JANSSEN, NOVAVAX, VALNEVA),
    fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: 70 }) },
      { weight: 4, arbitrary: fc.integer({ min: 80, max: 200 }) },
      { weight: 1, arbitrary: fc.integer({ min: -40, max: -1 }) },
      { weight: 1, arbitrary: fc.constantFrom(300, 5000) },
    ),
  )
  .map(([step, vaccine, days]) => new Inject(step, vaccine, days));
const consultation = fc.tuple(consultedAt, agrees).map(([at, yes]) => new Consult(at, yes));
const commands = fc.commands([consultation, injection, injection, injection], { maxCommands: 14, size: 'max' });

/** What no journey may leave behind, asked of the tables as their owner. */
const ILLEGAL = `
  select 'ranks with a gap' as what from injection_step i group by patient_key having max(rank) <> count(*)
  union all select 'a dose without a consultation before it' from injection_step i
    where not exists (select from eligibility_step e where e.patient_key = i.patient_key and e.performed_at <= i.performed_at)
  union all select 'doses out of order' from injection_step i join injection_step j using (patient_key)
    where i.rank < j.rank and i.performed_at > j.performed_at
  union all select 'a third dose before boosters opened' from injection_step i join injection_step first using (patient_key)
    where first.rank = 1 and i.rank > 2 and first.vaccine <> '${VALNEVA}' and i.performed_at < '2021-09-01'
  union all select 'a consultation marked otherwise than its person' from eligibility_step e join patient p on p.key = e.patient_key
    where e.vaccinated <> p.vaccinated or e.vaccinated <> exists (select from injection_step i where i.patient_key = p.key)
  union all select 'an act too many or too few' where (select count(*) from act)
    <> (select count(*) from eligibility_step) + (select count(*) from injection_step)
  union all select 'a trace too many or too few' where (select count(*) from trace where outcome = 'RECORDED')
    <> (select count(*) from eligibility_step) + (select count(*) from injection_step)
  union all select 'an idempotency key too many or too few' where (select count(*) from idempotency_key)
    <> (select count(*) from eligibility_step) + (select count(*) from injection_step)`;

describe('SECURITY A34 · random journeys', () => {
  it(`${JOURNEYS} of them do what the model does, and leave no illegal state`, async () => {
    let people = 0;
    const recorded: number[] = [];
    const births = fc.constantFrom('1950-06-15', '1975-01-31', '2004-03-01', '2010-02-28');
    const property = fc.asyncProperty(births, commands, async (born, steps) => {
      people += 1;
      const patient = await aPatient(register, people, { person: { birthDate: born } });
      const model: Model = { born, doses: [] };
      await fc.asyncModelRun(() => ({ model, real: { patient } }), steps);
      const rows = await asOwner<{ vaccine: string }>(
        register,
        'select vaccine from injection_step where patient_key = $1 order by rank',
        [patient.key],
      );
      expect(rows.map(({ vaccine }) => vaccine)).toEqual(model.doses.map(({ vaccine }) => vaccine));
      recorded.push(model.doses.length);
    });
    await fc.assert(property, { numRuns: JOURNEYS, seed: 34, ...(SOAK && { seed: Date.now() }) });
    expect(await asOwner(register, ILLEGAL)).toEqual([]);
    expect(recorded.filter((doses) => doses >= 3).length).toBeGreaterThan(JOURNEYS / 50);
    process.stdout.write(`journeys: ${recorded.length} run, ${recorded.reduce((a, b) => a + b, 0)} doses recorded\n`);
  });
});

describe('races', () => {
  it(`of ${RACERS} calls for the steps of a few patients record each step exactly once`, async () => {
    const patients = await Promise.all(Array.from({ length: 8 }, (_, n) => aPatient(register, 20_000 + n)));
    const days = ['2021-03-02', '2021-04-02', '2021-12-20', '2022-04-01'];
    const outcomes = new Map<string, number>();
    let sent = 0;
    const call = async (patient: APatient, kind: number, n: number): Promise<void> => {
      const given = { performedAt: `${days[kind - 1]}T10:00:00Z`, lotNumber: `LOT${n}` };
      const input = kind === 0 ? anEligibility(byCode(patient)) : anInjection(byCode(patient), kind, given);
      const outcome = await record(input, 1 + (n % 9));
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    };
    const runner = async (): Promise<void> => {
      while (sent < RACERS) {
        const n = sent++;
        await call(patients[n % patients.length] as APatient, Math.floor((n * 7) / patients.length) % 5, n);
      }
    };
    await Promise.all(Array.from({ length: 32 }, runner));
    // A step whose calls all came before their turn is still due.
    for (let kind = 0; kind < 5; kind += 1)
      await Promise.all(patients.map((patient, at) => call(patient, kind, RACERS + at)));
    const keys = patients.map(({ key }) => key);
    const [left] = await asOwner<{ steps: string; traces: string }>(
      register,
      `select (select count(*) from eligibility_step where patient_key = any ($1)) + (select count(*) from injection_step where patient_key = any ($1)) as steps,
                (select count(*) from trace where outcome = 'RECORDED' and records && $1) as traces`,
      [keys],
    );
    expect([...outcomes.keys()].sort()).toEqual(['RECORDED', 'STEP_ALREADY_RECORDED', 'STEP_OUT_OF_ORDER']);
    expect([left?.steps, left?.traces]).toEqual([String(outcomes.get('RECORDED')), String(outcomes.get('RECORDED'))]);
    expect(outcomes.get('RECORDED')).toBe(patients.length * 5);
    expect(await asOwner(register, ILLEGAL)).toEqual([]);
  });
});
