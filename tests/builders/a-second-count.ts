import { ageOn, isComplete } from '../../src/areas/injection/schedule.js';
import { AGE_CLASSES, type Dimension, type Measure, TABLES } from '../../src/law/indicators.js';
import { asOwner } from './a-patient.js';
import type { Register } from './a-register.js';

/** A count of the register that shares nothing with the copy but the law: rows are read, and everything else is JavaScript. */

type Cells = Record<string, number>;
export interface Counted {
  readonly dose: Cells;
  readonly person: Cells;
  readonly stock: Cells;
  readonly site: Cells;
  readonly figure: Cells;
}

const ROWS = `select p.key, p.department, p.sex, p.birth_date as birth, coalesce(p.targeting_phase, '') as phase, p.targeting_type as type,
    to_char(p.targeted_on, 'YYYY-MM-DD') as targeted, h.infection_date as infection,
    coalesce((select json_agg(json_build_object('at', i.sent_at, 'channel', i.channel)) from invitation i where i.patient_key = p.key and i.sent_at is not null), '[]') as invited,
    (select json_agg(e.performed_at) from eligibility_step e where e.patient_key = p.key) as eligible,
    coalesce((select json_agg(json_build_object('at', s.performed_at, 'vaccine', s.vaccine, 'rank', s.rank, 'place', s.place_category,
      'finess', s.place_finess, 'siret', s.place_siret) order by s.rank) from injection_step s where s.patient_key = p.key), '[]') as doses
  from patient p left join patient_health h on h.patient_key = p.key`;

interface Person {
  readonly department: string;
  readonly sex: string;
  readonly birth: string;
  readonly phase: string;
  readonly type: string;
  readonly targeted: string;
  readonly infection: string | null;
  readonly invited: { at: string; channel: string | null }[];
  readonly eligible: string[] | null;
  readonly doses: {
    at: string;
    vaccine: string;
    rank: number;
    place: number;
    finess: string | null;
    siret: string | null;
  }[];
}

const calendar = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' });
export const parisDay = (instant: string | Date): string => calendar.format(new Date(instant));
const classOn = (birth: string, day: string): string =>
  AGE_CLASSES.find(({ upTo }) => ageOn(birth, day) <= upTo)?.code ?? '';

/** By the pathway's own rule: the first dose at which the doses up to it complete the series; boosters are none before they opened. */
export function stageOf(
  { birth, infection, doses }: Pick<Person, 'birth' | 'infection' | 'doses'>,
  rank: number,
  day: string,
): string {
  const first = doses.find((dose) => dose.rank === 1);
  if (!first) return 'INITIAL';
  const person = { birthDate: birth, infectionDate: infection };
  const on = new Date(first.at).toISOString().slice(0, 10);
  const complete = (count: number) =>
    isComplete(
      person,
      Array.from({ length: count }, () => ({ vaccine: first.vaccine, on })),
    );
  if (!complete(rank)) return 'INITIAL';
  const after = Array.from({ length: rank - 1 }, (_, at) => at + 1).filter(complete).length;
  if (after > 0 && day < '2021-09-01') return 'ADDITIONAL';
  return ['COMPLETE', 'BOOSTER', 'SECOND_BOOSTER'][after] ?? 'LATER_BOOSTER';
}

export async function aSecondCount(register: Register): Promise<Counted> {
  const [dose, person, stock, site, figure]: Cells[] = [{}, {}, {}, {}, {}];
  const add = (cells: Cells | undefined, key: unknown[], by = 1) => {
    const name = key.join('|');
    if (!cells) return;
    cells[name] = (cells[name] ?? 0) + by;
    if (cells[name] === 0) delete cells[name];
  };
  const figures = (counted: Measure, day: string, facts: Partial<Record<Dimension, string | number>>, by = 1) => {
    for (const [id, { measure, by: dimensions }] of Object.entries(TABLES)) {
      if (measure !== counted) continue;
      const [one, two] = dimensions as readonly Dimension[];
      add(figure, [id, one ? facts[one] : '', two ? facts[two] : '', day], by);
    }
  };
  const places = new Map(
    (
      await asOwner<{ finess: string; department: string }>(register, 'select finess, department from vaccination_site')
    ).map(({ finess, department }) => [finess, department]),
  );
  const persons = await asOwner<Person>(register, ROWS);
  for (const one of persons) {
    const { department, sex, phase, type: targetingType } = one;
    const counts = (measure: 'TARGETED' | 'INVITED' | 'ELIGIBLE', day: string, channel: string) => {
      const ageClass = classOn(one.birth, day);
      add(person, [day, measure, department, ageClass, sex, phase, targetingType, channel]);
      figures(measure, day, { department, ageClass, sex, phase, targetingType, channel });
    };
    counts('TARGETED', one.targeted, '');
    for (const { at, channel } of one.invited) counts('INVITED', parisDay(at), channel ?? '');
    for (const at of one.eligible ?? []) counts('ELIGIBLE', parisDay(at), '');
    for (const { at, vaccine, rank, place, finess, siret } of one.doses) {
      const day = parisDay(at);
      const ageClass = classOn(one.birth, day);
      const stage = stageOf(one, rank, day);
      add(dose, [day, department, ageClass, sex, vaccine, rank, stage, place]);
      add(site, [day, place, finess ?? siret ?? '']);
      figures('INJECTED', day, { department, ageClass, sex, vaccine, rank, stage, placeCategory: place });
      const used = finess === null ? undefined : places.get(finess);
      if (!used) continue;
      add(stock, [day, used, vaccine, 'USED']);
      figures('STOCK', day, { department: used, product: vaccine, flow: 'USED' });
    }
  }
  await countSupply(register, places, (day, department, product, flow, by) => {
    add(stock, [day, department, product, flow], by);
    figures('STOCK', day, { department, product, flow }, by);
  });
  return { dose, person, stock, site, figure } as Counted;
}

const FLOWS: Readonly<Record<string, string>> = { IN: 'DELIVERED', OUT: 'SENT', BROKEN: 'BROKEN' };

async function countSupply(
  register: Register,
  places: ReadonlyMap<string, string>,
  count: (day: string, department: string, product: string, flow: string, by: number) => void,
): Promise<void> {
  const moved = await asOwner<{ finess: string; product: string; kind: string; quantity: number; at: Date }>(
    register,
    `select * from supply_movement where kind <> 'LEFT'`,
  );
  for (const { finess, product, kind, quantity, at } of moved)
    count(parisDay(at), places.get(finess) ?? '', product, FLOWS[kind] ?? '', quantity);
  for (const { finess, product, remaining } of await asOwner<{ finess: string; product: string; remaining: number }>(
    register,
    'select * from supply_level',
  ))
    count(parisDay(new Date()), places.get(finess) ?? '', product, 'REMAINING', remaining);
}

/** What the copy says, in the same form. */
export async function theCopy(register: Register): Promise<Counted> {
  const cells = async (table: string, keys: string, value = 'count'): Promise<Cells> =>
    Object.fromEntries(
      (
        await asOwner<{ key: string; value: string }>(
          register,
          `select concat_ws('|', ${keys}) as key, ${value} as value from steering.${table}`,
        )
      ).map(({ key, value: count }) => [key, Number(count)]),
    );
  const day = `to_char(day, 'YYYY-MM-DD')`;
  return {
    dose: await cells('dose', `${day}, department, age_class, sex, vaccine, rank, stage, place_category`),
    person: await cells('person', `${day}, measure, department, age_class, sex, phase, targeting_type, channel`),
    stock: await cells('stock', `${day}, department, product, measure`),
    site: await cells('site', `${day}, place_category, site`),
    figure: await cells('figure', `table_id, k1, k2, ${day}`, 'value'),
  };
}
