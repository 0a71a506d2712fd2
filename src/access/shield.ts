import { createRequire } from 'node:module';
import type { GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { LancetteError } from '../kernel/errors.js';
import type { Operation } from '../law/operations.js';
import { OPERATION_IDS, operationRule } from '../law/operations.js';
import { operationRight } from './decide.js';
import type { Judgement } from './judge.js';
import type { Principal } from './principal.js';

// Both packages ship a broken ESM entry: loaded as CommonJS, here only.
const require = createRequire(import.meta.url);
const { rule, shield, deny } = require('graphql-shield') as typeof import('graphql-shield');
const { applyMiddleware } = require('graphql-middleware') as typeof import('graphql-middleware');

export interface Judged {
  readonly judgement: Judgement;
  readonly principal: Principal;
}

/**
 * The second wall's only rule: the verdict on this root field and on all that is selected beneath it. Whether the caller
 * may do more than consult is asked of the principal himself, whatever view he was led to.
 */
const asTheLawSays = rule({ cache: 'no_cache' })((_parent, _args, context: Judged, info: GraphQLResolveInfo) => {
  const { recipient, consultationOnly } = context.principal;
  const right = operationRight(recipient, info.fieldName, consultationOnly);
  if (!right.granted)
    return new LancetteError('FORBIDDEN_OPERATION', { field: info.fieldName, article: right.article });
  const verdict = context.judgement.get(String(info.path.key));
  if (!verdict) return new LancetteError('FORBIDDEN_OPERATION', { field: info.fieldName, article: 'art. 3' });
  const [refusal] = verdict.refusals;
  return refusal ? new LancetteError(refusal.code, { field: refusal.field, article: refusal.article }) : true;
});

export type Rules = Readonly<
  Record<Operation, ReturnType<typeof rule> extends (...args: never[]) => infer R ? R : never>
>;

/** One rule per operation of the law. */
export const rules = Object.fromEntries(OPERATION_IDS.map((operation) => [operation, asTheLawSays])) as Rules;

/**
 * Puts the second wall on the root fields of a view, before their resolvers.
 * @throws when a root field has no rule: nothing is served then
 */
export function shielded(schema: GraphQLSchema, given: Partial<Rules> = rules): GraphQLSchema {
  const tree = (kind: 'query' | 'mutation', fields: string[]) =>
    Object.fromEntries(
      fields.map((field) => {
        const own = given[field as Operation];
        if (!own || operationRule(field as Operation)?.kind !== kind) throw new Error(`no rule guards ${field}`);
        return [field, own];
      }),
    );
  const queries = Object.keys(schema.getQueryType()?.getFields() ?? {});
  const mutations = Object.keys(schema.getMutationType()?.getFields() ?? {});
  const wall = shield(
    {
      Query: { '*': deny, ...tree('query', queries) },
      ...(mutations.length > 0 && { Mutation: { '*': deny, ...tree('mutation', mutations) } }),
    },
    { fallbackRule: deny, allowExternalErrors: true, debug: false },
  );
  // Only the root types are wrapped: the rule has already decided what lies beneath them.
  const generated = wall.generate(schema) as Record<string, unknown>;
  return applyMiddleware(schema, {
    Query: generated.Query,
    ...(mutations.length > 0 && { Mutation: generated.Mutation }),
  } as never);
}
