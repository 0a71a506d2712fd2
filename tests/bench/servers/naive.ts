import 'reflect-metadata';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { ApolloServer, HeaderMap } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { type GraphQLResolveInfo, type GraphQLSchema, isIntrospectionType, isObjectType } from 'graphql';
import { buildSchema } from 'type-graphql';
import { fieldRight, operationRight } from '../../../src/access/decide.js';
import type { Principal } from '../../../src/access/principal.js';
import { DpopProofs } from '../../../src/auth/dpop.js';
import { TokenVerifier } from '../../../src/auth/tokens.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { configOf } from '../world.js';
import { NaiveResolver, naiveSource } from './naive-schema.js';
import { announce, givenFacts, readJson, sendJson } from './serve.js';

const require = createRequire(import.meta.url);
const { rule, shield, deny } = require('graphql-shield') as typeof import('graphql-shield');
const { applyMiddleware } = require('graphql-middleware') as typeof import('graphql-middleware');

/** This schema with a shield rule on every field, decided from the same matrix at every value; ordinary graphql-js. */
const granted = rule({ cache: 'no_cache' })(
  (_parent, _args, { principal }: { principal: Principal }, { parentType, fieldName }: GraphQLResolveInfo) =>
    parentType.name === 'Query'
      ? operationRight(principal.recipient, fieldName).granted
      : fieldRight(principal.recipient, parentType.name, fieldName).granted,
);

function guarded(schema: GraphQLSchema): GraphQLSchema {
  const types = Object.values(schema.getTypeMap()).filter((type) => isObjectType(type) && !isIntrospectionType(type));
  const rulesOf = (type: (typeof types)[number]) =>
    Object.fromEntries(Object.keys(isObjectType(type) ? type.getFields() : {}).map((field) => [field, granted]));
  const tree = Object.fromEntries(types.map((type) => [type.name, rulesOf(type)]));
  return applyMiddleware(schema, shield(tree, { fallbackRule: deny, allowExternalErrors: true }));
}

const facts = givenFacts();
NaiveResolver.source = await naiveSource(facts.databaseUrl, facts.poolSize).initialize();
const noProofs = new DpopProofs({ firstUse: async () => false }, systemClock);
const tokens = new TokenVerifier(configOf(facts), systemClock, noProofs);
const server = new ApolloServer<{ principal: Principal }>({
  schema: guarded(await buildSchema({ resolvers: [NaiveResolver], validate: false })),
  csrfPrevention: false,
  plugins: [
    ApolloServerPluginCacheControlDisabled(),
    ApolloServerPluginLandingPageDisabled(),
    ApolloServerPluginUsageReportingDisabled(),
  ],
  stopOnTerminationSignals: false,
});
await server.start();
const headers = new HeaderMap([['content-type', 'application/json']]);

announce(
  createServer(async (request, response) => {
    const principal = await tokens.verify({
      authorization: request.headers.authorization,
      method: 'POST',
      url: '',
    });
    const body = await readJson(request);
    const { body: answer } = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: { method: 'POST', headers, search: '', body },
      context: async () => ({ principal }),
    });
    sendJson(response, answer.kind === 'complete' ? answer.string : '{}');
  }),
);
