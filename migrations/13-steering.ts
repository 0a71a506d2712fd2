import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createLawFunction, LAW_FUNCTIONS } from '../src/access/steering-law.js';

const text = (name: string): string => `${name} text collate "C" not null default ''`;
const FIGURE = `${text('table_id')}, ${text('k1')}, ${text('k2')}, day date not null, value bigint not null`;
const DOSE = `day date not null, ${['department', 'age_class', 'sex', 'vaccine'].map(text).join(', ')}, rank smallint not null, ${text('stage')}, place_category smallint not null, count bigint not null`;
const SITE = `day date not null, place_category smallint not null, ${text('site')}, count bigint not null`;

/**
 * The de-identified copy (AIPD, base de pilotage). Nothing here names a person or tells a time of day: the log holds what a
 * transaction adds to cells and takes from them, and is emptied by the fold.
 */
const TABLES = [
  'create schema steering',
  `create table steering.change (measure text collate "C" not null, day date not null default '-infinity',
    ${['department', 'age_class', 'sex', 'product'].map(text).join(', ')}, rank smallint not null default 0, ${text('stage')},
    place_category smallint not null default 0, ${['site', 'phase', 'targeting_type', 'channel'].map(text).join(', ')},
    delta bigint not null default 0)
    with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_threshold = -1)`,
  // A fold may meet what was taken away before what was added: a count may be negative until the log is empty.
  `create table steering.dose (${DOSE}, primary key (day, department, age_class, sex, vaccine, rank, stage, place_category))`,
  `create table steering.person (${text('measure')}, day date not null, ${['department', 'age_class', 'sex', 'phase', 'targeting_type', 'channel'].map(text).join(', ')},
    count bigint not null, primary key (day, measure, department, age_class, sex, phase, targeting_type, channel))`,
  `create table steering.stock (day date not null, ${['department', 'product', 'measure'].map(text).join(', ')}, count bigint not null,
    primary key (day, department, product, measure))`,
  `create table steering.site (${SITE}, primary key (day, place_category, site))`,
  `create table steering.figure (${FIGURE}, primary key (table_id, k1, k2, day))`,
  // The département of each declared place, for doses used; changes with the place, in its transaction.
  `create table steering.place (${text('site')}, ${text('department')}, primary key (site))`,
  // Days whose figures have moved since they were published.
  'create table steering.unpublished (day date primary key)',
  `create table steering.published_figure (${FIGURE}, primary key (table_id, k1, k2, day))`,
  `create table steering.published_base (${DOSE}, primary key (day, department, age_class, sex, vaccine, rank, stage, place_category))`,
  `create table steering.published_site (${SITE}, primary key (day, place_category, site))`,
  'create table steering.publication (id bigint not null, as_of timestamptz not null, published_at timestamptz not null, threshold smallint not null)',
  'create unique index publication_alone on steering.publication ((true))',
  `create table steering.move (publication bigint not null, move integer not null, ${['table_id', 'k1', 'k2'].map(text).join(', ')},
    day date not null, effect smallint not null, primary key (table_id, k1, k2, day, move))`,
  `create table steering.population (${text('kind')}, ${text('code')}, population integer not null, ${text('source')}, as_of date not null,
    constraint population_kind check (kind in ('department', 'ageClass', 'all')), constraint population_size check (population > 0),
    primary key (kind, code))`,
];

/** Every function here looks where no recipient may, and finds only the tables of the register. */
const DEFINER = 'security definer set search_path = public, pg_temp';
const paris = (instant: string): string => `(${instant} at time zone 'Europe/Paris')::date`;

/** One row of a person beside a row of a table: one probe of an index, whatever the statistics were when this was planned. */
const personOf = (row: string): string =>
  `(select department, birth_date, sex, targeting_phase, targeting_type from patient where key = ${row}.patient_key offset 0)`;

const PERSON_INTO = 'measure, day, department, age_class, sex, phase, targeting_type, channel, delta';
/** What a person counts for in one of the measures of persons. */
const person = (measure: string, p: string, day: string, channel: string, delta: string): string =>
  `'${measure}', ${day}, ${p}.department, steering.age_class(${p}.birth_date, ${day}), ${p}.sex, coalesce(${p}.targeting_phase, ''), ${p}.targeting_type, ${channel}, ${delta}`;
const INVITED = (p: string, i: string, delta: string): string =>
  person('INVITED', p, paris(`${i}.sent_at`), `coalesce(${i}.channel, '')`, delta);
const ELIGIBLE = (p: string, e: string, delta: string): string =>
  person('ELIGIBLE', p, paris(`${e}.performed_at`), `''`, delta);
const TARGETED = (p: string, delta: string): string => person('TARGETED', p, `${p}.targeted_on`, `''`, delta);
const BY_PERSON = 'group by 1, 2, 3, 4, 5, 6, 7, 8';

/** The infection counts when it came before the day of the first dose, as the pathway compares them: as texts, in universal time. */
const infectedBefore = (infection: string, first: string): string =>
  `${infection} collate "C" < to_char(${first} at time zone 'UTC', 'YYYY-MM-DD') collate "C"`;
const DOSE_INTO = 'measure, day, department, age_class, sex, product, rank, stage, place_category, site, delta';
const siteOf = (i: string): string => `coalesce(${i}.place_finess, ${i}.place_siret, '')`;
/** What a dose counts for. */
const dose = (p: string, i: string, stage: string, delta: string): string =>
  `'INJECTED', ${paris(`${i}.performed_at`)}, ${p}.department, steering.age_class(${p}.birth_date, ${paris(`${i}.performed_at`)}), ${p}.sex,
    ${i}.vaccine, ${i}.rank, ${stage}, ${i}.place_category, ${siteOf(i)}, ${delta}`;

/** Parts of the triggers below. */
const PARTS = [
  // The doses of a person from one rank to another, with the stages that her first dose and an infection make them.
  `create function steering.count_doses(p patient, infection text, with_first boolean, from_rank smallint, to_rank smallint, sign int)
  returns void language sql ${DEFINER} as $$
    insert into steering.change (${DOSE_INTO})
    select ${dose('p', 'i', `steering.stage(i.rank, f.vaccine, ${infectedBefore('infection', 'f.performed_at')}, ${paris('i.performed_at')})`, 'sign')}
      from injection_step i left join injection_step f on with_first and f.patient_key = p.key and f.rank = 1
     where i.patient_key = p.key and i.rank between from_rank and to_rank $$`,

  `create function steering.infection_of(person bigint) returns text language sql stable ${DEFINER} as
  $$ select infection_date from patient_health where patient_key = person $$`,

  // All that hangs on a person, her targeting apart.
  `create function steering.count_person(p patient, sign int) returns void language plpgsql ${DEFINER} as $$
  begin
    insert into steering.change (${PERSON_INTO})
      select ${INVITED('p', 'i', 'sign')} from invitation i where i.patient_key = p.key and i.sent_at is not null
      union all select ${ELIGIBLE('p', 'e', 'sign')} from eligibility_step e where e.patient_key = p.key;
    perform steering.count_doses(p, steering.infection_of(p.key), true, 1::smallint, 9::smallint, sign);
  end $$`,
];

/** Plans are kept by connections that may be older than the first rows: none of them is to read a whole table. */
const trigger = (name: string, body: string, declare = ''): string =>
  `create function steering.${name}() returns trigger language plpgsql ${DEFINER} set enable_seqscan = off as $$ ${declare} begin ${body} end $$`;

/** What only an owner who takes the guards away can do: the next fold counts the register anew. */
const RESTART = `insert into steering.change (measure) values ('RESTART');`;

/**
 * A statement that brings rows leaves a few grouped changes, but for injections, which mostly come alone; one that takes rows
 * away is followed row by row, before each goes, so that whatever goes first finds its person and its other doses still there,
 * and whatever goes after its person finds nobody: the person took it along.
 */
const FUNCTIONS = [
  trigger('restart', `${RESTART} return null;`),

  trigger(
    'patients_enter',
    `insert into steering.change (${PERSON_INTO}) select ${TARGETED('n', 'count(*)')} from new_rows n ${BY_PERSON}; return null;`,
  ),
  trigger(
    'patients_went',
    `insert into steering.change (${PERSON_INTO}) select ${TARGETED('o', '-count(*)')} from old_rows o ${BY_PERSON}; return null;`,
  ),
  // An invitation that is being marked as sent at this moment is waited for: it then goes with its person, as sent.
  trigger(
    'patient_goes',
    `perform from invitation where patient_key = old.key for update;
     perform steering.count_person(old, -1); return old;`,
  ),
  // A step that is being recorded holds its person too weakly to be seen or to see: whoever moves a person waits for it,
  // before any row is locked.
  trigger(
    'patient_waits',
    'lock table injection_step, eligibility_step, invitation, patient_health in share row exclusive mode; return null;',
  ),
  trigger(
    'patient_moves',
    `insert into steering.change (${PERSON_INTO}) select ${TARGETED('old', '-1')} union all select ${TARGETED('new', '1')};
     perform steering.count_person(old, -1); perform steering.count_person(new, 1); return null;`,
  ),

  trigger(
    'invitations_enter',
    `insert into steering.change (${PERSON_INTO}) select ${INVITED('p', 'n', 'count(*)')}
       from new_rows n cross join lateral ${personOf('n')} p where n.sent_at is not null ${BY_PERSON}; return null;`,
  ),
  trigger(
    'invitations_move',
    `insert into steering.change (${PERSON_INTO}) select ${INVITED('p', 'n', 'sum(n.sign)')}
       from (select patient_key, sent_at, channel, 1 as sign from new_rows union all select patient_key, sent_at, channel, -1 from old_rows) n
       cross join lateral ${personOf('n')} p where n.sent_at is not null ${BY_PERSON} having sum(n.sign) <> 0; return null;`,
  ),
  trigger(
    'invitation_goes',
    `insert into steering.change (${PERSON_INTO}) select ${INVITED('p', 'old', '-1')} from patient p where p.key = old.patient_key;
     return old;`,
  ),

  trigger(
    'eligibility_enters',
    `insert into steering.change (${PERSON_INTO}) select ${ELIGIBLE('p', 'n', 'count(*)')}
       from new_rows n cross join lateral ${personOf('n')} p ${BY_PERSON}; return null;`,
  ),
  trigger(
    'eligibility_goes',
    `insert into steering.change (${PERSON_INTO}) select ${ELIGIBLE('p', 'old', '-1')} from patient p where p.key = old.patient_key;
     return old;`,
  ),

  // Runs for every recording, so it asks for no more than it must. A first dose that comes back (a correction) changes what the
  // later ones are, but for those that its own statement brings (same xmin and cmin), which have found it there.
  trigger(
    'injection_enters',
    `insert into steering.change (${DOSE_INTO})
       select ${dose('p', 'new', `steering.stage(new.rank, f.vaccine, ${infectedBefore('h.infection_date', 'f.performed_at')}, ${paris('new.performed_at')})`, '1')}
         from patient p left join injection_step f on f.patient_key = p.key and f.rank = 1
         left join patient_health h on h.patient_key = p.key
        where p.key = new.patient_key;
     if new.rank = 1 then
       if exists (select from injection_step where patient_key = new.patient_key and rank > 1) then
         insert into steering.change (${DOSE_INTO})
         select ${dose('p', 'i', 'staged.stage', 'staged.sign')}
           from patient p join injection_step f on f.patient_key = p.key and f.rank = 1
           join injection_step i on i.patient_key = p.key and i.rank > 1 and not (i.xmin = f.xmin and i.cmin = f.cmin)
           left join patient_health h on h.patient_key = p.key
           cross join lateral (values (steering.stage(i.rank, f.vaccine, ${infectedBefore('h.infection_date', 'f.performed_at')}, ${paris('i.performed_at')}), 1),
             (steering.stage(i.rank, null, null, null), -1)) staged (stage, sign)
          where p.key = new.patient_key;
       end if;
     end if;
     return null;`,
  ),
  trigger(
    'injection_goes',
    `select p.* into person from patient p where p.key = old.patient_key;
     if found then
       infection := steering.infection_of(old.patient_key);
       perform steering.count_doses(person, infection, true, old.rank, case when old.rank = 1 then 9::smallint else old.rank end, -1);
       if old.rank = 1 then perform steering.count_doses(person, infection, false, 2::smallint, 9::smallint, 1); end if;
     end if;
     return old;`,
    'declare person patient; infection text;',
  ),

  // The date of an infection decides what the doses after it are. The lock is the one that waits for a dose being recorded.
  trigger(
    'health_moves',
    `was := case when tg_op = 'INSERT' then null else old.infection_date end;
     is_now := case when tg_op = 'DELETE' then null else new.infection_date end;
     select p.* into person from patient p where p.key = case when tg_op = 'DELETE' then old.patient_key else new.patient_key end for update;
     if found then
       perform steering.count_doses(person, was, true, 1::smallint, 9::smallint, -1);
       perform steering.count_doses(person, is_now, true, 1::smallint, 9::smallint, 1);
     end if;
     return case when tg_op = 'DELETE' then old else new end;`,
    'declare person patient; was text; is_now text;',
  ),

  trigger(
    'movements_enter',
    `insert into steering.change (measure, day, department, product, delta)
       select case n.kind when 'IN' then 'DELIVERED' when 'OUT' then 'SENT' else 'BROKEN' end, ${paris('n.at')}, v.department, n.product, sum(n.quantity)
         from new_rows n join vaccination_site v using (finess) where n.kind <> 'LEFT' group by 1, 2, 3, 4; return null;`,
  ),
  // A refresh takes every level away and writes it anew; what remains is shown on the day of the last one.
  trigger(
    'levels_enter',
    `insert into steering.change (measure, day, department, product, delta)
       select 'REMAINING', ${paris('now()')}, v.department, n.product, sum(n.remaining)
         from new_rows n join vaccination_site v using (finess) group by 1, 2, 3, 4; return null;`,
  ),
  trigger(
    'levels_went',
    `insert into steering.change (measure, day, department, product, delta)
       select 'REMAINING', ${paris('now()')}, v.department, o.product, -sum(o.remaining)
         from old_rows o join vaccination_site v using (finess) group by 1, 2, 3, 4; return null;`,
  ),
  // Supply that is being recorded counts in the département that its place had: whoever moves a place waits for it, before any
  // row is locked.
  trigger('site_waits', 'lock table supply_movement, supply_level in share row exclusive mode; return null;'),
  // Doses are counted as used in the département of their place, when that is a declared one. Whether doses were given there
  // before it was declared or moved is for the fold to say, which alone knows what it has counted: this one would not see
  // what a fold under way counts, nor that fold the place.
  trigger(
    'site_moves',
    `if tg_op <> 'INSERT' then delete from steering.place where site = old.finess; end if;
     if tg_op <> 'DELETE' then insert into steering.place (site, department) values (new.finess, new.department)
       on conflict (site) do update set department = excluded.department; end if;
     if exists (select from supply_movement where finess = any (named)) or exists (select from supply_level where finess = any (named))
     then ${RESTART}
     else insert into steering.change (measure, site) select distinct 'PLACED', one from unnest(named) one where one is not null;
     end if; return null;`,
    'declare named text[] := array[old.finess, new.finess];',
  ),
];

const NEW = 'referencing new table as new_rows';
const OLD = 'referencing old table as old_rows';
const BOTH = 'referencing old table as old_rows new table as new_rows';
const MOVING = ['department', 'sex', 'birth_date', 'targeting_phase', 'targeting_type', 'targeted_on'];
const row = (image: string): string => `(${MOVING.map((column) => `${image}.${column}`).join(', ')})`;

/** By table: name of the trigger, when it runs, its function. */
const TRIGGERS: Readonly<Record<string, readonly (readonly [kind: string, when: string, run: string])[]>> = {
  patient: [
    ['enters', `after insert on patient ${NEW} for each statement`, 'patients_enter'],
    ['waits', `before update of ${MOVING.join(', ')} on patient for each statement`, 'patient_waits'],
    [
      'moves',
      `after update of ${MOVING.join(', ')} on patient for each row when (${row('old')} is distinct from ${row('new')})`,
      'patient_moves',
    ],
    ['goes', 'before delete on patient for each row', 'patient_goes'],
    ['went', `after delete on patient ${OLD} for each statement`, 'patients_went'],
  ],
  invitation: [
    ['enters', `after insert on invitation ${NEW} for each statement`, 'invitations_enter'],
    ['moves', `after update on invitation ${BOTH} for each statement`, 'invitations_move'],
    ['goes', 'before delete on invitation for each row when (old.sent_at is not null)', 'invitation_goes'],
  ],
  eligibility_step: [
    ['enters', `after insert on eligibility_step ${NEW} for each statement`, 'eligibility_enters'],
    ['changes', 'after update on eligibility_step for each statement', 'restart'],
    ['goes', 'before delete on eligibility_step for each row', 'eligibility_goes'],
  ],
  injection_step: [
    ['enters', 'after insert on injection_step for each row', 'injection_enters'],
    ['changes', 'after update on injection_step for each statement', 'restart'],
    ['goes', 'before delete on injection_step for each row', 'injection_goes'],
  ],
  patient_health: [
    ['enters', 'after insert on patient_health for each row when (new.infection_date is not null)', 'health_moves'],
    [
      'moves',
      'after update of infection_date on patient_health for each row when (old.infection_date is distinct from new.infection_date)',
      'health_moves',
    ],
    ['goes', 'before delete on patient_health for each row when (old.infection_date is not null)', 'health_moves'],
  ],
  supply_movement: [
    ['enters', `after insert on supply_movement ${NEW} for each statement`, 'movements_enter'],
    ['changes', 'after update or delete on supply_movement for each statement', 'restart'],
  ],
  supply_level: [
    ['enters', `after insert on supply_level ${NEW} for each statement`, 'levels_enter'],
    ['changes', 'after update on supply_level for each statement', 'restart'],
    ['went', `after delete on supply_level ${OLD} for each statement`, 'levels_went'],
  ],
  vaccination_site: [
    ['waits', 'before delete or update of finess, department on vaccination_site for each statement', 'site_waits'],
    ['moves', 'after insert or delete or update of finess, department on vaccination_site for each row', 'site_moves'],
  ],
};

const EMPTIED = 'emptied';

function* triggers(): Generator<string> {
  for (const [table, all] of Object.entries(TRIGGERS)) {
    const emptied = [EMPTIED, `before truncate on ${table} for each statement`, 'restart'] as const;
    for (const [kind, when, run] of [...all, emptied]) {
      yield `create trigger steering_${table}_${kind} ${when} execute function steering.${run}()`;
      // « set session_replication_role » would silence an ordinary trigger.
      yield `alter table ${table} enable always trigger steering_${table}_${kind}`;
    }
  }
}

/**
 * Counts the register from zero into the base cells. To be called as the first statement of a transaction that reads one
 * snapshot (repeatable read): the changes that it drops and the register that it counts are then the same moment. A
 * transaction under way has neither its rows nor its changes in that snapshot: they stay in the log for the next fold, so
 * neither the register nor the log need be locked. The cells are emptied under an exclusive lock: nobody reads them but who
 * holds the lock of the copy. The figures are the caller's to sum up.
 */
const RECOUNT = `create function steering.recount() returns void language plpgsql ${DEFINER} as $$
  declare refreshed date;
  begin
    if current_setting('transaction_isolation') <> 'repeatable read' then raise exception 'a count wants one snapshot'; end if;
    refreshed := coalesce(greatest((select max(day) from steering.stock where measure = 'REMAINING'),
      (select max(day) from steering.change where measure = 'REMAINING')), ${paris('now()')});
    delete from steering.change;
    delete from steering.place p where not exists (select from vaccination_site v where v.finess = p.site);
    insert into steering.unpublished select day from steering.figure union select day from steering.dose union select day from steering.site
      on conflict do nothing;
    truncate steering.dose, steering.person, steering.stock, steering.site, steering.figure;
    insert into steering.dose (day, department, age_class, sex, vaccine, rank, stage, place_category, count)
      select ${paris('i.performed_at')}, p.department, steering.age_class(p.birth_date, ${paris('i.performed_at')}), p.sex, i.vaccine, i.rank,
             steering.stage(i.rank, f.vaccine, ${infectedBefore('h.infection_date', 'f.performed_at')}, ${paris('i.performed_at')}), i.place_category, count(*)
        from injection_step i join patient p on p.key = i.patient_key
        left join injection_step f on f.patient_key = i.patient_key and f.rank = 1
        left join patient_health h on h.patient_key = i.patient_key and h.infection_date is not null
       group by 1, 2, 3, 4, 5, 6, 7, 8;
    insert into steering.site (day, place_category, site, count)
      select ${paris('i.performed_at')}, i.place_category, ${siteOf('i')}, count(*) from injection_step i group by 1, 2, 3;
    insert into steering.person (measure, day, department, age_class, sex, phase, targeting_type, channel, count)
      select ${TARGETED('p', 'count(*)')} from patient p ${BY_PERSON}
      union all select ${INVITED('p', 'i', 'count(*)')} from invitation i join patient p on p.key = i.patient_key where i.sent_at is not null ${BY_PERSON}
      union all select ${ELIGIBLE('p', 'e', 'count(*)')} from eligibility_step e join patient p on p.key = e.patient_key ${BY_PERSON};
    insert into steering.stock (measure, day, department, product, count)
      select case m.kind when 'IN' then 'DELIVERED' when 'OUT' then 'SENT' else 'BROKEN' end, ${paris('m.at')}, v.department, m.product, sum(m.quantity)
        from supply_movement m join vaccination_site v using (finess) where m.kind <> 'LEFT' group by 1, 2, 3, 4
      union all select 'USED', ${paris('i.performed_at')}, v.department, i.vaccine, count(*)
        from injection_step i join steering.place v on v.site = i.place_finess group by 1, 2, 3, 4
      union all select 'REMAINING', refreshed, v.department, l.product, sum(l.remaining)
        from supply_level l join vaccination_site v using (finess) group by 1, 2, 3, 4 having sum(l.remaining) <> 0;
  end $$`;

const UP = [
  // When a person was targeted: nothing else told it. Those of before are counted on the day of their import.
  `alter table patient add column targeted_on date not null default ((now() at time zone 'Europe/Paris')::date)`,
  `update patient p set targeted_on = ${paris('i.started_at')} from targeting_block b join targeting_import i on i.id = b.import_id
    where b.created @> p.key and p.targeting_type = 'AUTOMATIC'`,
  ...TABLES,
  ...LAW_FUNCTIONS.map(createLawFunction),
  ...PARTS,
  ...FUNCTIONS,
  ...triggers(),
  RECOUNT,
  'insert into steering.place (site, department) select finess, department from vaccination_site',
  'revoke all on schema steering from public',
  'revoke all on all functions in schema steering from public',
];

/** The de-identified copy by which the campaign is steered, and the triggers that feed it. The wall, put up after it, has everything counted. */
export class Steering1700000000013 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, all] of Object.entries(TRIGGERS))
      for (const kind of [...all.map(([name]) => name), EMPTIED])
        await runner.query(`drop trigger steering_${table}_${kind} on ${table}`);
    await runner.query('drop schema steering cascade');
    await runner.query('alter table patient drop column targeted_on');
  }
}
