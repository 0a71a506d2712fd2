import { createHash } from 'node:crypto';
import { AGE_CLASSES, stageBeyond, TABLES } from '../law/indicators.js';
import { BOOSTERS_OPEN, DOSES_AFTER_INFECTION } from '../law/schedules.js';
import { VACCINES } from '../law/vaccines.js';

/** A function of PostgreSQL whose body is written from the law. */
export interface LawFunction {
  readonly name: string;
  readonly signature: string;
  readonly parameters: string;
  readonly body: string;
}

const texts = (values: readonly string[]): string => `array[${values.map((value) => `'${value}'`).join(', ')}]`;

/** Completed years from which each class but the first begins. */
const BOUNDS = AGE_CLASSES.slice(0, -1).map(({ upTo }) => upTo + 1);

/** Doses of the first series: fewer after an infection, and unknown where no source gives them. */
const SERIES = `case when $3 then ${DOSES_AFTER_INFECTION.doses} else case $2 ${VACCINES.flatMap(
  ({ mp, primaryDoses }) => (primaryDoses === null ? [] : [`when '${mp}' then ${primaryDoses}`]),
).join(' ')} end end`;

/** Doses beyond the series, from one of an open one; the last stands for more. */
const BEYOND = [-1, 0, 1, 2, 3];
const stages = (boostersOpen: boolean): string => texts(BEYOND.map((beyond) => stageBeyond(beyond, boostersOpen)));

/**
 * What the law says of a dose, as PostgreSQL counts it: single expressions that use each parameter where they can once, so
 * that the planner takes them into the statement of the trigger. As `ageOn` and `isComplete` of the pathway count: of a
 * partial birth date the earliest day, and no series of a vaccine whose doses no source gives (a test compares both).
 */
export const LAW_FUNCTIONS: readonly LawFunction[] = [
  {
    name: 'age_class',
    signature: 'steering.age_class(text, date)',
    parameters: 'birth_date text, on_day date',
    body: `select (${texts(AGE_CLASSES.map(({ code }) => code))})[1 + width_bucket((to_char($2, 'YYYYMMDD')::int
      - rpad(replace($1, '-', ''), 8, '0')::int) / 10000, array[${BOUNDS.join(', ')}])]`,
  },
  {
    name: 'stage',
    signature: 'steering.stage(smallint, text, boolean, date)',
    parameters: 'rank smallint, first_vaccine text, infected_before boolean, on_day date',
    body: `select coalesce((case when $4 < '${BOOSTERS_OPEN.from}' then ${stages(false)} else ${stages(true)} end)
      [1 + width_bucket($1 - ${SERIES}, array[${BEYOND.slice(1)}])], '${stageBeyond(-1, true)}')`,
  },
];

export const createLawFunction = ({ name, parameters, body }: LawFunction): string =>
  `create or replace function steering.${name}(${parameters}) returns text language sql stable as $law$${body}$law$`;

/** What the figures rest on: when it changes, all of them are counted anew. */
export const LAW_MARK = createHash('sha256')
  .update(JSON.stringify([LAW_FUNCTIONS, TABLES]))
  .digest('hex')
  .slice(0, 16);
