import type { GraphQLSchema } from 'graphql';
import type { Mapping } from '../db/mapping.js';
import type { Recipient } from '../law/recipients.js';
import type { Plan } from './plan.js';
import type { Fragments, Selected } from './selection.js';

/** One root field to compile for one recipient. */
export interface CompileRequest {
  readonly recipient: Recipient;
  readonly schema: GraphQLSchema;
  readonly mapping: Mapping;
  readonly plan: Plan;
  readonly root: Selected;
  readonly after: boolean;
  /** Rows of the page. A literal in the statement: with a parameter the planner would expect a tenth of the table. */
  readonly first?: number;
  readonly fragments: Fragments;
  readonly variables: Readonly<Record<string, unknown>>;
}
