import { EVERYTHING, type SchemaWall } from './schema-wall.js';

/** The schema of the queue of jobs (pg-boss), in the register's database: jobs commit with what they are about. */
export const QUEUE_SCHEMA = 'lancette_queue';

/**
 * Who may do what with jobs: the worker works them, the planner adds some. The tables that pg-boss has beyond these
 * (schedules, subscriptions, statistics) serve nobody.
 */
export const QUEUE_WALL: SchemaWall = {
  schema: QUEUE_SCHEMA,
  rights: {
    lancette_queue: {
      version: ['SELECT', 'UPDATE'],
      queue: ['SELECT', 'UPDATE'],
      job: EVERYTHING,
      job_common: EVERYTHING,
      job_dependency: EVERYTHING,
      warning: ['SELECT', 'INSERT', 'DELETE'],
    },
    lancette_planner: { queue: ['SELECT'], job: ['INSERT'], job_common: ['INSERT'] },
  },
};
