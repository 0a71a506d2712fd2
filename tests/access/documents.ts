import { LINKS, mayCall, mayRead, nameOf, typeOf } from '../law/comparing.js';
import type { Recipient } from '../law/transcription.js';

/** How a document gets from a root field down to the fields of one type. */
export interface Route {
  readonly kind: 'query' | 'mutation';
  readonly root: string;
  readonly args: string;
  readonly list: boolean;
  /** The type that the root answers with, or lists. */
  readonly start: string;
  readonly links: readonly string[];
  readonly type: string;
}

/** One body to send. `fields` are those whose right is tried: each of them is one case. */
export interface Attempt {
  readonly shape: string;
  readonly route: Route;
  readonly fields: readonly string[];
  readonly body: { readonly query: string; readonly variables?: object };
}

interface Root {
  readonly kind?: 'mutation';
  readonly type: string;
  readonly args?: string;
  readonly list?: true;
}

/** Arguments of the searches and mutations, about one person of the canary world. */
export interface Subject {
  readonly id: string;
  readonly code: string;
  readonly nir: string;
  readonly birthDate: string;
}

const STEP = 'performedAt: "2021-10-01T10:00:00Z", personAgrees: true, personInformed: true';

// biome-ignore format: one root field a line
const rootsFor = ({ id, code, nir, birthDate }: Subject): Readonly<Record<string, Root>> => ({
  patientByInvitation: { type: 'Patient', args: `(code: "${code}", birthDate: "${birthDate}")` },
  patientByNir: { type: 'Patient', args: `(nir: "${nir}", birthDate: "${birthDate}")` },
  stepSummary: { type: 'Patient', args: `(code: "${code}", birthDate: "${birthDate}")` },
  patient: { type: 'Patient', args: `(id: "${id}")` },
  me: { type: 'Patient' },
  patients: { type: 'Patient', list: true },
  myPatients: { type: 'Patient', list: true },
  unvaccinatedPatients: { type: 'Patient', list: true },
  professionals: { type: 'Professional', list: true },
  acts: { type: 'Act', list: true },
  recordEligibility: { kind: 'mutation', type: 'Patient', args: `(input: {code: "${code}", birthDate: "${birthDate}", ${STEP}, idempotencyKey: "6f9619ff-8b86-4011-b42d-00c04fc964f1"})` },
  recordInjection: { kind: 'mutation', type: 'Patient', args: `(input: {code: "${code}", birthDate: "${birthDate}", ${STEP}, idempotencyKey: "6f9619ff-8b86-4011-b42d-00c04fc964f2", rank: 1, vaccine: "EU/1/20/1528", lotNumber: "LOT1", injectionSite: "LEFT_ARM", placeCategory: 11})` },
  issueAttestation: { kind: 'mutation', type: 'Attestation', args: `(input: {patientId: "${id}"})` },
});

/** Every chain of links from a type, itself included, with the type it ends at. */
function chainsFrom(type: string): { links: string[]; type: string }[] {
  const further = Object.entries(LINKS[type] ?? {}).flatMap(([link, target]) =>
    chainsFrom(target).map((chain) => ({ links: [link, ...chain.links], type: chain.type })),
  );
  return [{ links: [], type }, ...further];
}

/** Every way to every personal type. */
export const routesAbout = (subject: Subject): Route[] =>
  Object.entries(rootsFor(subject)).flatMap(([root, { kind, type: start, args = '', list = false }]) =>
    chainsFrom(start).map(({ links, type }) => ({ kind: kind ?? 'query', root, args, list, start, links, type })),
  );

/** What must be said of one field at the end of a route: the first step on the way that is not granted. */
export function refusalOn(recipient: Recipient, route: Route, field: string): { code: string; field: string } | null {
  if (!mayCall(recipient, route.root)) return { code: 'FORBIDDEN_OPERATION', field: route.root };
  let type = route.start;
  for (const link of route.links) {
    if (!mayRead(recipient, type, link)) return { code: 'FORBIDDEN_FIELD', field: `${type}.${link}` };
    type = LINKS[type]?.[link] ?? '';
  }
  return mayRead(recipient, typeOf(field), nameOf(field)) ? null : { code: 'FORBIDDEN_FIELD', field };
}

/** Whether a recipient may follow a route as far as the type it leads to. */
export function isOpen(recipient: Recipient, { root, start, links }: Route): boolean {
  let type = start;
  for (const link of links) {
    if (!mayRead(recipient, type, link)) return false;
    type = LINKS[type]?.[link] ?? '';
  }
  return mayCall(recipient, root);
}

/** Selects `leaf` at the end of the route; `around` may repeat or wrap what stands below the root. */
function select(
  route: Route,
  leaf: string,
  around: (inner: string) => string = (inner) => inner,
  aliased = false,
): string {
  const alias = (name: string, index: number) => (aliased ? `l${index}: ${name}` : name);
  const chain = route.links.reduceRight((inner, link, index) => `${alias(link, index)} { ${inner} }`, leaf);
  const below = route.list ? `${alias('edges', 90)} { ${alias('node', 91)} { ${chain} } }` : chain;
  return `${aliased ? 'r: ' : ''}${route.root}${route.args} { ${around(below)} }`;
}

const operation = (route: Route, selection: string, head = ''): string => `${route.kind}${head} { ${selection} }`;
const rootType = (route: Route): string => (route.kind === 'query' ? 'Query' : 'Mutation');

type Build = (route: Route, names: readonly string[]) => Attempt['body'];

/** A shape and how many fields one document may try at once (limits of a document: 15 aliases, 5 directives). */
interface Shape {
  readonly most: number;
  readonly build: Build;
}

const plain =
  (leafOf: (names: readonly string[]) => string): Build =>
  (route, names) => ({
    query: operation(route, select(route, leafOf(names))),
  });
const flagged =
  (leafOf: (names: readonly string[]) => string, flag: boolean): Build =>
  (route, names) => ({
    query: operation(route, select(route, leafOf(names)), ' Q($flag: Boolean!)'),
    variables: { flag },
  });
const each = (write: (name: string, index: number) => string) => (names: readonly string[]) =>
  names.map(write).join(' ');
const all = each((name) => name);

/** The paths of SECURITY A1, each as one way to write the same wish. */
export const SHAPES: Readonly<Record<string, Shape>> = {
  direct: { most: 60, build: plain(all) },
  alias: { most: 15, build: plain(each((name, index) => `a${index}: ${name}`)) },
  'alias named like another field': {
    most: 15,
    build: plain((names) => names.map((name, index) => `${decoyFor(names, index)}: ${name}`).join(' ')),
  },
  'alias with two underscores': { most: 15, build: plain(each((name, index) => `__a${index}: ${name}`)) },
  'links under aliases': {
    most: 60,
    build: (route, names) => ({ query: operation(route, select(route, all(names), undefined, true)) }),
  },
  'beside __typename': { most: 60, build: plain((names) => `__typename ${all(names)}`) },
  'inline fragment without type': { most: 60, build: plain((names) => `... { ${all(names)} }`) },
  'inline fragment on the type': {
    most: 60,
    build: (route, names) => ({ query: operation(route, select(route, `... on ${route.type} { ${all(names)} }`)) }),
  },
  'inline fragment in inline fragment': {
    most: 60,
    build: (route, names) => ({
      query: operation(route, select(route, `... { ... on ${route.type} { ... { ${all(names)} } } }`)),
    }),
  },
  'named fragment': {
    most: 60,
    build: (route, names) => ({
      query: `${operation(route, select(route, '...F'))} fragment F on ${route.type} { ${all(names)} }`,
    }),
  },
  'nested fragments': {
    most: 60,
    build: (route, names) => ({
      query: `${operation(route, select(route, '...F'))} fragment F on ${route.type} { ...G } fragment G on ${route.type} { ... { ...H } } fragment H on ${route.type} { ${all(names)} }`,
    }),
  },
  'fragment before the operation': {
    most: 60,
    build: (route, names) => ({
      query: `fragment F on ${route.type} { ${all(names)} } ${operation(route, select(route, '...F ...F'))}`,
    }),
  },
  'fragment on the root type': {
    most: 60,
    build: (route, names) => ({
      query: `${operation(route, '...R')} fragment R on ${rootType(route)} { ${select(route, all(names))} }`,
    }),
  },
  'inline fragment on the root type': {
    most: 60,
    build: (route, names) => ({
      query: operation(route, `... on ${rootType(route)} { ${select(route, all(names))} }`),
    }),
  },
  '@include literal': { most: 5, build: plain(each((name) => `${name} @include(if: true)`)) },
  '@skip literal': { most: 5, build: plain(each((name) => `${name} @skip(if: false)`)) },
  '@include variable': {
    most: 5,
    build: flagged(
      each((name) => `${name} @include(if: $flag)`),
      true,
    ),
  },
  '@skip variable': {
    most: 5,
    build: flagged(
      each((name) => `${name} @skip(if: $flag)`),
      false,
    ),
  },
  '@include on a fragment': { most: 60, build: flagged((names) => `... @include(if: $flag) { ${all(names)} }`, true) },
  '@include of nothing': {
    most: 60,
    build: flagged((names) => `__typename ... @include(if: $flag) { ${all(names)} }`, false),
  },
  'merged with an innocent sibling': {
    most: 60,
    build: (route, names) => ({
      query: operation(
        route,
        select(route, all(names), (inner) => `${innocent(route)} ${inner} ${inner}`),
      ),
    }),
  },
};

/** The same route without what is tried, so that both selections must be merged. */
const innocent = (route: Route): string => {
  const chain = route.links.reduceRight((inner, link) => `${link} { ${inner} }`, '__typename');
  return route.list ? `edges { node { ${chain} } }` : chain;
};

/** A name that the caller might be allowed to read, borrowed for another field; never twice in one document. */
const decoyFor = (names: readonly string[], index: number): string =>
  names.length > 1 ? (names[(index + 1) % names.length] as string) : 'id';

/** The attempts of one shape on one route: as few documents as the limits allow. */
export function attempts(shape: string, route: Route, fields: readonly string[]): Attempt[] {
  const { most, build } = SHAPES[shape] as Shape;
  const slices: string[][] = [];
  for (let at = 0; at < fields.length; at += most) slices.push(fields.slice(at, at + most));
  return slices.map((slice) => ({ shape, route, fields: slice, body: build(route, slice.map(nameOf)) }));
}
