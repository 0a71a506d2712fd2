import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = [
  `CREATE TABLE "superseded_step" ("patient_key" bigint NOT NULL, "id" uuid NOT NULL, "kind" text NOT NULL, "rank" smallint NOT NULL, "content" jsonb NOT NULL, "reason" text NOT NULL, "replaced" boolean NOT NULL, "superseded_at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "superseded_in" bigint NOT NULL, CONSTRAINT "superseded_step_kind" CHECK (kind in ('eligibility_step', 'injection_step', 'attestation')), CONSTRAINT "superseded_step_reason" CHECK (reason in ('INACCURATE', 'INCOMPLETE', 'WRONG_PERSON')), CONSTRAINT "superseded_step_pkey" PRIMARY KEY ("patient_key", "id"))`,
  `CREATE TABLE "register_event" ("patient_key" bigint NOT NULL, "id" BIGSERIAL NOT NULL, "kind" text NOT NULL, "at" TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(), "rank" smallint, "attestations" uuid array NOT NULL DEFAULT '{}', CONSTRAINT "register_event_kind" CHECK (kind in ('INJECTION_CORRECTED', 'ELIGIBILITY_CORRECTED', 'INJECTION_WITHDRAWN', 'ELIGIBILITY_WITHDRAWN', 'RESEARCH_OBJECTION')), CONSTRAINT "register_event_pkey" PRIMARY KEY ("patient_key", "id"))`,
  `CREATE INDEX "register_event_order" ON "register_event"  ("id") `,
];

/** Every function here looks where no recipient may, and finds only the tables of the register. */
const DEFINER = 'security definer set search_path = public, pg_temp';
const THIS_TRANSACTION = 'pg_current_xact_id()::text::bigint';

/**
 * What is recorded stays, whoever asks: with one way out, which no setting opens. A step leaves its table when the very same
 * content was put into the archive by the very same transaction, and the archive lets nobody write but the functions below.
 * @param otherwise what else may be done to a row
 */
export const stepsAreFinal = (otherwise = ''): string =>
  `create or replace function lancette.steps_are_final() returns trigger language plpgsql ${DEFINER} as $$
  begin
    if tg_op = 'DELETE' and tg_table_name in ('eligibility_step', 'injection_step') then
      if exists (select from superseded_step s where s.patient_key = old.patient_key and s.kind = tg_table_name
          and s.content = to_jsonb(old) and s.superseded_in = ${THIS_TRANSACTION}) then
        return old;
      end if;
    ${otherwise}end if;
    raise exception 'a recorded step is final' using errcode = 'LC001';
  end $$`;

const FINAL = [
  stepsAreFinal(),

  // The archive and the events of a person go with the person, and not before.
  `create function lancette.archive_is_final() returns trigger language plpgsql ${DEFINER} as $$
  begin
    if tg_op = 'DELETE' and not exists (select from patient p where p.key = old.patient_key) then return old; end if;
    raise exception 'the archive is final' using errcode = 'LC001';
  end $$`,
  ...['superseded_step', 'register_event'].flatMap((table) => [
    `create trigger ${table}_is_final before update or delete on ${table} for each row execute function lancette.archive_is_final()`,
    `create trigger ${table}_is_kept before truncate on ${table} for each statement execute function lancette.steps_are_final()`,
  ]),
  // « set session_replication_role » would silence an ordinary trigger.
  ...['eligibility_step', 'injection_step', 'trace', 'superseded_step', 'register_event'].flatMap((table) => [
    `alter table ${table} enable always trigger ${table}_is_final`,
    `alter table ${table} enable always trigger ${table}_is_kept`,
  ]),

  // A recording may have looked before a withdrawal and write after it: it waits for the person's lock and looks again.
  // What the correcting transaction itself writes back was judged by it.
  `create function lancette.injection_follows() returns trigger language plpgsql ${DEFINER} as $$
  begin
    perform from patient p where p.key = new.patient_key for key share;
    if not exists (select from superseded_step s where s.patient_key = new.patient_key)
      or exists (select from superseded_step s where s.patient_key = new.patient_key and s.superseded_in = ${THIS_TRANSACTION}) then
      return new;
    end if;
    if exists (select from eligibility_step e where e.patient_key = new.patient_key and e.performed_at <= new.performed_at)
      and (new.rank = 1 or exists (select from injection_step i
        where i.patient_key = new.patient_key and i.rank = new.rank - 1 and i.performed_at <= new.performed_at)) then
      return new;
    end if;
    return null;
  end $$`,
  `create trigger injection_step_follows before insert on injection_step for each row execute function lancette.injection_follows()`,
];

/** Parts of the functions below; granted to nobody. `deed`: request, recipient, actor, operation, categories, article, key, digest, reason. */
const PARTS = [
  // The person on whose record the caller may act, locked until the end of the transaction: oneself, or an insured person of
  // the bodies for which the agent acts.
  `create function lancette.hold_person(given_id uuid) returns bigint language plpgsql ${DEFINER} as $$
  declare
    self text := nullif(current_setting('lancette.patient', true), '');
    person bigint;
  begin
    if self is not null then
      select p.key into person from patient p where p.key = self::bigint and (given_id is null or p.id = given_id) for update;
    else
      select p.key into person from patient p where p.id = given_id
        and p.body_key = any (string_to_array(nullif(current_setting('lancette.bodies', true), ''), ',')) for update;
    end if;
    return person;
  end $$`,

  `create function lancette.why_not_correct(person bigint, deed jsonb) returns text language plpgsql ${DEFINER} as $$
  declare known text;
  begin
    if person is null then return 'NOT_FOUND'; end if;
    select digest into known from idempotency_key where subject = deed->>'actor' and key = deed->>'key';
    if known = deed->>'digest' then return 'DONE'; end if;
    return case when known is not null then 'IDEMPOTENCY_MISMATCH' end;
  end $$`,

  `create function lancette.trace_deed(deed jsonb, concerned bigint[]) returns void language sql ${DEFINER} as $$
    insert into trace (request_id, recipient, actor, operation, categories, outcome, article, records)
    values ((deed->>'request')::uuid, deed->>'recipient', deed->>'actor', deed->>'operation',
      array(select jsonb_array_elements_text(deed->'categories')), 'RECORDED', deed->>'article', concerned) $$`,

  `create function lancette.archive_step(person bigint, given_kind text, given_rank smallint, step jsonb, is_replaced boolean, deed jsonb)
  returns void language sql ${DEFINER} as $$
    insert into superseded_step (patient_key, id, kind, rank, content, reason, replaced, superseded_in)
    values (person, gen_random_uuid(), given_kind, given_rank, step, deed->>'reason', is_replaced, ${THIS_TRANSACTION}) $$`,

  `create function lancette.conclude_correction(person bigint, given_kind text, given_rank smallint, every_rank boolean, deed jsonb)
  returns void language plpgsql ${DEFINER} as $$
  declare revoked uuid[];
  begin
    revoked := array(select a.id from attestation a
      where a.patient_key = person and a.revoked_at is null and (a.rank = given_rank or every_rank) order by a.id for update);
    -- Its text says what the step said: it goes to the archive with it, and the certificate is known by its identifiers.
    perform lancette.archive_step(person, 'attestation', a.rank, to_jsonb(a), false, deed)
      from attestation a where a.patient_key = person and a.id = any (revoked);
    update attestation a set revoked_at = now(), content = '', data_matrix = null where a.patient_key = person and a.id = any (revoked);
    insert into register_event (patient_key, kind, rank, attestations) values (person, given_kind, given_rank, revoked);
    insert into idempotency_key (subject, key, digest) values (deed->>'actor', deed->>'key', deed->>'digest');
    perform lancette.trace_deed(deed, array[person]);
  end $$`,

  // The act to be paid follows its step: to another day, or away.
  `create function lancette.move_act(given_kind text, professional bigint, from_instant timestamptz, to_instant timestamptz)
  returns void language plpgsql ${DEFINER} as $$
  declare
    moved bigint := (select a.key from act a where a.professional_key = professional and a.kind = given_kind
      and a.performed_on = (from_instant at time zone 'UTC')::date order by a.key limit 1);
  begin
    if to_instant is null then delete from act where key = moved;
    else update act set performed_on = (to_instant at time zone 'UTC')::date where key = moved;
    end if;
  end $$`,

  `create function lancette.before_birth(person bigint, instant timestamptz) returns boolean language sql stable ${DEFINER} as
  $$ select to_char(instant at time zone 'UTC', 'YYYY-MM-DD') < birth_date from patient where key = person $$`,
];

/** Answer: DONE, or the code of the error by which nothing was done. */
const CORRECTIONS = [
  `create function lancette.correct_injection(given_person uuid, given_rank smallint, changes jsonb, deed jsonb) returns text
  language plpgsql ${DEFINER} as $$
  declare
    person bigint := lancette.hold_person(given_person);
    refusal text := lancette.why_not_correct(person, deed);
    was injection_step;
    is_now injection_step;
  begin
    if refusal is not null then return refusal; end if;
    if changes - array['vaccine', 'lot_number', 'administration_route', 'injection_site', 'performed_at', 'place_category',
        'place_finess', 'place_siret'] <> '{}' then
      raise exception 'no such correction';
    end if;
    select * into was from injection_step where patient_key = person and rank = given_rank;
    if not found then return 'STEP_NOT_FOUND'; end if;
    is_now := jsonb_populate_record(was, changes);
    if (is_now.vaccine, is_now.lot_number) is distinct from (was.vaccine, was.lot_number) then
      is_now.lot_status := lancette.lot_status(is_now.vaccine, is_now.lot_number);
    end if;
    -- art. 2, last paragraph: the place may not reveal a soldier.
    if is_now.place_finess is not null and lancette.civil_place(is_now.place_finess) is null then
      is_now.place_finess := null;
      is_now.place_siret := null;
    end if;
    if is_now is not distinct from was then return 'NOTHING_TO_CORRECT'; end if;
    if is_now.performed_at <> was.performed_at then
      if lancette.before_birth(person, is_now.performed_at) then return 'INVALID_INPUT'; end if;
      if not exists (select from eligibility_step e where e.patient_key = person and e.performed_at <= is_now.performed_at)
        or exists (select from injection_step i where i.patient_key = person
          and (i.rank < given_rank and i.performed_at > is_now.performed_at or i.rank > given_rank and i.performed_at < is_now.performed_at)) then
        return 'STEP_OUT_OF_ORDER';
      end if;
    end if;
    perform lancette.archive_step(person, 'injection_step', given_rank, to_jsonb(was), true, deed);
    delete from injection_step where patient_key = person and rank = given_rank;
    insert into injection_step select (is_now).*;
    if not found then raise exception 'the superseding step was not recorded'; end if;
    perform lancette.move_act('INJECTION', was.professional_key, was.performed_at, is_now.performed_at);
    -- The first vaccine decides how many doses make a series: every certificate counts them.
    perform lancette.conclude_correction(person, 'INJECTION_CORRECTED', given_rank, given_rank = 1 and is_now.vaccine <> was.vaccine, deed);
    return 'DONE';
  end $$`,

  // 6°b, which no agent reads, is carried over unseen.
  `create function lancette.correct_eligibility(given_person uuid, changes jsonb, prescriber jsonb, deed jsonb) returns text
  language plpgsql ${DEFINER} as $$
  declare
    person bigint := lancette.hold_person(given_person);
    refusal text := lancette.why_not_correct(person, deed);
    was eligibility_step;
    is_now eligibility_step;
  begin
    if refusal is not null then return refusal; end if;
    if changes - array['performed_at', 'prescribed_at', 'prescriber_key'] <> '{}'
      or coalesce(changes->>'prescriber_key', '') <> '' then
      raise exception 'no such correction';
    end if;
    select * into was from eligibility_step where patient_key = person;
    if not found then return 'STEP_NOT_FOUND'; end if;
    is_now := jsonb_populate_record(was, changes);
    if is_now is not distinct from was and prescriber is null then return 'NOTHING_TO_CORRECT'; end if;
    if is_now.performed_at <> was.performed_at then
      if lancette.before_birth(person, is_now.performed_at) then return 'INVALID_INPUT'; end if;
      if exists (select from injection_step i where i.patient_key = person and i.performed_at < is_now.performed_at) then
        return 'STEP_OUT_OF_ORDER';
      end if;
    end if;
    if prescriber is not null then
      is_now.prescriber_key := lancette.professional_key(prescriber->>'rpps', prescriber->>'amNumber', prescriber->>'familyName',
        prescriber->>'firstName', null, null, null, null, true);
      is_now.prescribed_at := coalesce(is_now.prescribed_at, is_now.performed_at);
    end if;
    if is_now.prescriber_key is null then is_now.prescribed_at := null; end if;
    if is_now is not distinct from was then return 'NOTHING_TO_CORRECT'; end if;
    perform lancette.archive_step(person, 'eligibility_step', 0::smallint, to_jsonb(was), true, deed);
    delete from eligibility_step where patient_key = person;
    insert into eligibility_step select (is_now).*;
    if not found then raise exception 'the superseding step was not recorded'; end if;
    perform lancette.move_act('CONSULTATION', was.professional_key, was.performed_at, is_now.performed_at);
    perform lancette.conclude_correction(person, 'ELIGIBILITY_CORRECTED', 0::smallint, false, deed);
    return 'DONE';
  end $$`,

  // A step recorded on the wrong person; the last one first, rank 0 being the consultation.
  `create function lancette.withdraw_step(given_person uuid, given_rank smallint, deed jsonb) returns text
  language plpgsql ${DEFINER} as $$
  declare
    person bigint := lancette.hold_person(given_person);
    refusal text := lancette.why_not_correct(person, deed);
    dose injection_step;
    consultation eligibility_step;
  begin
    if refusal is not null then return refusal; end if;
    if given_rank = 0 then
      select * into consultation from eligibility_step where patient_key = person;
    else
      select * into dose from injection_step where patient_key = person and rank = given_rank;
    end if;
    if not found then return 'STEP_NOT_FOUND'; end if;
    if exists (select from injection_step i where i.patient_key = person and i.rank > given_rank) then return 'STEP_OUT_OF_ORDER'; end if;
    if given_rank = 0 then
      perform lancette.archive_step(person, 'eligibility_step', given_rank, to_jsonb(consultation), false, deed);
      delete from eligibility_step where patient_key = person;
      perform lancette.move_act('CONSULTATION', consultation.professional_key, consultation.performed_at, null);
      perform lancette.conclude_correction(person, 'ELIGIBILITY_WITHDRAWN', given_rank, false, deed);
    else
      perform lancette.archive_step(person, 'injection_step', given_rank, to_jsonb(dose), false, deed);
      delete from injection_step where patient_key = person and rank = given_rank;
      perform lancette.move_act('INJECTION', dose.professional_key, dose.performed_at, null);
      update patient p set vaccinated = false
        where p.key = person and not exists (select from injection_step i where i.patient_key = person);
      perform lancette.conclude_correction(person, 'INJECTION_WITHDRAWN', given_rank, false, deed);
    end if;
    return 'DONE';
  end $$`,
];

/**
 * art. 5: before the entry in the pathway the person leaves the register wholly, whatever table has come to hold something
 * of hers, and nothing tells that she ever was in it (AIPD, droits; M2.27). The trace names no record. Without a deed, an
 * objection only answers whether it may be recorded.
 */
const OBJECTIONS = [
  `create function lancette.record_objection(given_person uuid, known_index bytea, deed jsonb) returns text
  language plpgsql ${DEFINER} as $$
  declare
    person bigint := lancette.hold_person(given_person);
    dependent regclass;
  begin
    if person is null then return 'NOT_FOUND'; end if;
    if exists (select from eligibility_step e where e.patient_key = person)
      or exists (select from injection_step i where i.patient_key = person) then
      return 'OBJECTION_AFTER_ENTRY';
    end if;
    if deed is null then return 'DONE'; end if;
    -- These two are keyed by what leads to the person: without that key, the whole table would be read.
    delete from patient_nir where nir_index = known_index and patient_key = person;
    if not found then delete from patient_nir where patient_key = person; end if;
    delete from invitation_code c using invitation i where i.patient_key = person and c.code = i.code and c.patient_key = person;
    for dependent in
      select c.oid from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'patient_key' and not a.attisdropped
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
         and c.relname <> all (array['patient_nir', 'invitation_code', 'superseded_step', 'register_event'])
    loop
      execute format('delete from %s where patient_key = $1', dependent) using person;
    end loop;
    delete from patient where key = person;
    delete from superseded_step where patient_key = person;
    delete from register_event where patient_key = person;
    perform lancette.trace_deed(deed, '{}');
    return 'DONE';
  end $$`,

  `create function lancette.record_research_objection(given_person uuid, deed jsonb) returns text
  language plpgsql ${DEFINER} as $$
  declare person bigint := lancette.hold_person(given_person);
  begin
    if person is null then return 'NOT_FOUND'; end if;
    update patient set research_objection = true where key = person and not research_objection;
    if found then
      insert into register_event (patient_key, kind) values (person, 'RESEARCH_OBJECTION');
    end if;
    perform lancette.trace_deed(deed, array[person]);
    return 'DONE';
  end $$`,
];

const SUPPLY = [
  `ALTER TABLE "vaccination_site" ADD "products" text array NOT NULL DEFAULT '{}'`,
  `CREATE TABLE "site_opening" ("finess" text NOT NULL, "from_day" date NOT NULL, "weekday" smallint NOT NULL, "opens_at" text NOT NULL, "until_day" date NOT NULL, "closes_at" text NOT NULL, CONSTRAINT "site_opening_period" CHECK (until_day >= from_day), CONSTRAINT "site_opening_hours" CHECK (weekday between 1 and 7 and opens_at ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and closes_at ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and opens_at < closes_at), CONSTRAINT "site_opening_pkey" PRIMARY KEY ("finess", "from_day", "weekday", "opens_at"))`,
  `ALTER TABLE "site_opening" ADD CONSTRAINT "site_opening_site" FOREIGN KEY ("finess") REFERENCES "vaccination_site"("finess") ON DELETE NO ACTION ON UPDATE NO ACTION`,
  `CREATE TABLE "supply_movement" ("id" BIGSERIAL NOT NULL, "finess" text NOT NULL, "product" text NOT NULL, "lot_number" text NOT NULL, "kind" text NOT NULL, "quantity" integer NOT NULL, "at" TIMESTAMP WITH TIME ZONE NOT NULL, "batch" text NOT NULL, "line" integer NOT NULL, CONSTRAINT "supply_movement_once" UNIQUE ("batch", "line"), CONSTRAINT "supply_movement_quantity" CHECK (quantity > 0 or kind = 'LEFT' and quantity = 0), CONSTRAINT "supply_movement_kind" CHECK (kind in ('IN', 'OUT', 'BROKEN', 'LEFT')), CONSTRAINT "supply_movement_pkey" PRIMARY KEY ("id"))`,
  `CREATE INDEX "supply_movement_lot" ON "supply_movement"  ("finess", "product", "lot_number") `,
  `ALTER TABLE "supply_movement" ADD CONSTRAINT "supply_movement_site" FOREIGN KEY ("finess") REFERENCES "vaccination_site"("finess") ON DELETE NO ACTION ON UPDATE NO ACTION`,
  `CREATE TABLE "supply_level" ("finess" text NOT NULL, "product" text NOT NULL, "lot_number" text NOT NULL, "received" integer NOT NULL, "sent" integer NOT NULL, "broken" integer NOT NULL, "used" integer NOT NULL, "counted_at" TIMESTAMP WITH TIME ZONE, "remaining" integer NOT NULL, CONSTRAINT "supply_level_pkey" PRIMARY KEY ("finess", "product", "lot_number"))`,
  `create trigger supply_movement_is_final before update or delete on supply_movement for each row execute function lancette.steps_are_final()`,
  `create trigger supply_movement_is_kept before truncate on supply_movement for each statement execute function lancette.steps_are_final()`,
  ...['is_final', 'is_kept'].map((kind) => `alter table supply_movement enable always trigger supply_movement_${kind}`),

  // An inventory (LEFT) says what there is; without one, everything since the first movement counts. Doses used are the
  // injections of the place and lot, of which nothing but their number leaves this function.
  `create function lancette.refresh_supply() returns integer language plpgsql ${DEFINER} as $$
  declare lots integer;
  begin
    perform pg_advisory_xact_lock(hashtext('lancette.supply'));
    delete from supply_level;
    insert into supply_level (finess, product, lot_number, received, sent, broken, used, counted_at, remaining)
    with counted as (
      select distinct on (finess, product, lot_number) finess, product, lot_number, quantity, at
        from supply_movement where kind = 'LEFT' order by finess, product, lot_number, at desc, id desc),
    injected as (
      select i.place_finess as finess, i.vaccine as product, i.lot_number, count(*) as used,
             count(*) filter (where c.at is null or i.performed_at > c.at) as used_since
        from injection_step i left join counted c on c.finess = i.place_finess and c.product = i.vaccine and c.lot_number = i.lot_number
       where i.place_finess in (select finess from supply_movement) group by 1, 2, 3),
    moved as (
      select m.finess, m.product, m.lot_number,
             coalesce(sum(m.quantity) filter (where m.kind = 'IN'), 0) as received,
             coalesce(sum(m.quantity) filter (where m.kind = 'OUT'), 0) as sent,
             coalesce(sum(m.quantity) filter (where m.kind = 'BROKEN'), 0) as broken,
             coalesce(sum(case m.kind when 'IN' then m.quantity when 'LEFT' then 0 else -m.quantity end)
               filter (where c.at is null or m.at > c.at), 0) as since
        from supply_movement m left join counted c using (finess, product, lot_number) group by 1, 2, 3)
    select finess, product, lot_number, coalesce(m.received, 0), coalesce(m.sent, 0), coalesce(m.broken, 0), coalesce(i.used, 0), c.at,
           coalesce(c.quantity, 0) + coalesce(m.since, 0) - coalesce(i.used_since, 0)
      from moved m full join injected i using (finess, product, lot_number) left join counted c using (finess, product, lot_number);
    get diagnostics lots = row_count;
    with in_stock as (
      select s.finess, array(select distinct l.product from supply_level l
        where l.finess = s.finess and l.remaining > 0 and l.product like 'EU/%' order by 1) as products from vaccination_site s)
    update vaccination_site s set products = n.products from in_stock n where n.finess = s.finess and n.products <> s.products;
    return lots;
  end $$`,
];

const UP = [...TABLES, ...FINAL, ...PARTS, ...CORRECTIONS, ...OBJECTIONS, ...SUPPLY];

export class Corrections1700000000012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const signature of [
      ...['refresh_supply()', 'record_research_objection(uuid, jsonb)', 'record_objection(uuid, bytea, jsonb)'],
      ...['withdraw_step(uuid, smallint, jsonb)', 'correct_eligibility(uuid, jsonb, jsonb, jsonb)'],
      ...['correct_injection(uuid, smallint, jsonb, jsonb)', 'before_birth(bigint, timestamptz)'],
      'move_act(text, bigint, timestamptz, timestamptz)',
      'conclude_correction(bigint, text, smallint, boolean, jsonb)',
      'archive_step(bigint, text, smallint, jsonb, boolean, jsonb)',
      ...['trace_deed(jsonb, bigint[])', 'why_not_correct(bigint, jsonb)', 'hold_person(uuid)'],
    ]) {
      await runner.query(`drop function lancette.${signature}`);
    }
    await runner.query('drop trigger injection_step_follows on injection_step');
    await runner.query('drop function lancette.injection_follows()');
    await runner.query('drop table supply_level, supply_movement, site_opening, superseded_step, register_event');
    await runner.query('drop function lancette.archive_is_final()');
    await runner.query(`create or replace function lancette.steps_are_final() returns trigger language plpgsql as $$
      begin raise exception 'a recorded step is final' using errcode = 'LC001'; end $$`);
    await runner.query('alter table vaccination_site drop column products');
  }
}
