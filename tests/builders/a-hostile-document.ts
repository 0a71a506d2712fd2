/** Stands in every hostile text: no answer may repeat it. */
export const MARK = 'Zq7Marker';

const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');
const nested = (depth: number, open: string, close: string, core = ''): string =>
  open.repeat(depth) + core + close.repeat(depth);
const page = (inside: string): string => `{ patients { edges { node { ${inside} } } } }`;
/** A cursor that is false is found by whoever reads it, so the field is wrong as well. */
const text = (value: string): string => `{ patients(after: ${value}) { ${MARK} } }`;
const list = (argument: string): string => `{ patients(${argument}) { edges { cursor } } }`;

interface Kind {
  /** Sizes at which every document of this kind must be refused. */
  readonly sizes: readonly number[];
  build(size: number): string;
}

const LARGE = [25, 40, 60, 100, 150, 200, 300, 500, 800, 1200, 2000, 4000] as const;
const from = (least: number): number[] => LARGE.filter((size) => size >= least);

/** Every kind of SECURITY A50, by the size from which it is too much. */
const KINDS: Readonly<Record<string, Kind>> = {
  'depth of fields': { sizes: [9, 12, ...from(25)], build: (n) => nested(n, `{ ${MARK} `, '}', '{ a }') },
  'depth of known fields': {
    sizes: [9, 12, ...from(25)],
    build: (n) => nested(n, '{ patients ', '}', `{ ${MARK} }`),
  },
  'depth of inline fragments': { sizes: from(200), build: (n) => `{ ${nested(n, '... { ', '}', MARK)} }` },
  'depth of typed fragments': { sizes: from(200), build: (n) => page(nested(n, '... on Patient {', '}', 'sex')) },
  width: { sizes: from(25), build: (n) => page(times(n, () => 'sex')) },
  'width of many names': { sizes: from(200), build: (n) => page(times(n, (at) => `${MARK}${at}`)) },
  aliases: { sizes: [16, 20, ...from(25)], build: (n) => page(times(n, (at) => `${MARK}${at}: sex`)) },
  'aliases of __typename': {
    sizes: [16, 20, ...from(25)],
    build: (n) => `{ ${times(n, (at) => `${MARK}${at}: __typename`)} }`,
  },
  'bare __typename': { sizes: [21, ...from(25)], build: (n) => `{ ${times(n, () => '__typename')} }` },
  'aliases of roots': {
    sizes: [6, 10, ...from(25)],
    build: (n) => `{ ${times(n, (at) => `a${at}: patients { edges { cursor } }`)} }`,
  },
  'aliases of searches': {
    sizes: [2, 5, 10, ...from(25)],
    build: (n) => `{ ${times(n, (at) => `a${at}: patientByNir(nir: "${MARK}", birthDate: "x") { id }`)} }`,
  },
  directives: { sizes: [6, 10, ...from(25)], build: (n) => page(`sex ${times(n, () => '@skip(if: false)')}`) },
  'unknown directives': { sizes: [1, 5, 10, ...from(25)], build: (n) => page(`sex ${times(n, () => `@${MARK}`)}`) },
  'directives on the operation': {
    sizes: [1, 6, ...from(25)],
    build: (n) => `query ${times(n, () => `@${MARK}`)} { __typename }`,
  },
  'a cycle of fragments': {
    sizes: [1, 2, 5, 10, ...from(25)],
    build: (n) => `${page('...F0')} ${times(n, (at) => `fragment F${at} on Patient { ...F${(at + 1) % n} }`)}`,
  },
  'fragments that double': {
    sizes: [6, 9, 12, ...from(25)],
    build: (n) =>
      `${page('...F0')} ${times(n, (at) => `fragment F${at} on Patient { ...F${at + 1} ...F${at + 1} }`)} fragment F${n} on Patient { sex ${MARK}: sex }`,
  },
  'fragments used by nobody': {
    sizes: [1, 5, 10, ...from(25)],
    build: (n) => `{ __typename } ${times(n, (at) => `fragment ${MARK}${at} on Patient { sex }`)}`,
  },
  'spreads of one fragment': {
    sizes: from(25),
    build: (n) => `${page(times(n, () => '...F'))} fragment F on Patient { sex }`,
  },
  'unknown spreads': { sizes: [1, 5, 10, ...from(25)], build: (n) => page(times(n, () => `...${MARK}`)) },
  operations: { sizes: [2, 5, 10, ...from(25)], build: (n) => times(n, (at) => `query ${MARK}${at} { __typename }`) },
  'list literals': { sizes: [6, 10, ...from(25)], build: (n) => list(`filter: ${nested(n, '[', ']', `"${MARK}"`)}`) },
  'object literals': {
    sizes: [6, 10, ...from(25)],
    build: (n) => list(`filter: ${nested(n, '{a:', '}', `"${MARK}"`)}`),
  },
  'wide list literals': { sizes: [1, 10, ...from(25)], build: (n) => list(`filter: [${times(n, () => '1')}]`) },
  'wide object literals': {
    sizes: [1, 10, ...from(25)],
    build: (n) => list(`filter: {${times(n, (at) => `${MARK}${at}: 1`)}}`),
  },
  'unknown arguments': { sizes: [1, 10, ...from(25)], build: (n) => list(times(n, (at) => `${MARK}${at}: 1`)) },
  'doubled arguments': { sizes: [2, 10, ...from(25)], build: (n) => list(times(n, () => 'first: 1')) },
  'unused variables': {
    sizes: [1, 10, ...from(25)],
    build: (n) => `query (${times(n, (at) => `$${MARK}${at}: Int`)}) { __typename }`,
  },
  'deep types of variables': {
    sizes: [6, 10, ...from(25)],
    build: (n) => `query ($v: ${nested(n, '[', ']', 'Int')}) { __typename }`,
  },
  'deep defaults of variables': {
    sizes: [6, 10, ...from(25)],
    build: (n) => `query ($v: Int = ${nested(n, '[', ']')}) { __typename }`,
  },
  'a long name': { sizes: from(25), build: (n) => `{ ${'x'.repeat(n * 4)} }` },
  'a long string': { sizes: from(25), build: (n) => text(`"${'x'.repeat(n * 20)}${MARK}"`) },
  'a long block string': { sizes: from(25), build: (n) => text(`"""${'\n '.repeat(n * 8)}${MARK}"""`) },
  'a long comment, then nonsense': { sizes: from(25), build: (n) => `#${'x'.repeat(n * 20)}\n{ ${MARK} ` },
  'many comments': { sizes: from(25), build: (n) => `${'#\n'.repeat(n)}{ ${MARK} }` },
  'a long number': { sizes: from(25), build: (n) => list(`first: ${'9'.repeat(n * 4)}`) },
  'unfinished selections': { sizes: [1, 10, ...from(25)], build: (n) => '{ a '.repeat(n) },
  'unfinished lists': { sizes: [1, 10, ...from(25)], build: (n) => `{ a(b: ${'['.repeat(n)}` },
  'too many ends': { sizes: [1, 10, ...from(25)], build: (n) => `{ a ${'}'.repeat(n + 1)}` },
  'escapes in strings': { sizes: from(25), build: (n) => text(`"${'\\u00e9'.repeat(n)}"`) },
  'false escapes': { sizes: [1, 10, ...from(25)], build: (n) => list(`after: "${'\\q'.repeat(n)}"`) },
  'definitions of types': {
    sizes: [1, 10, ...from(25)],
    build: (n) => times(n, (at) => `type ${MARK}${at} { a: Int }`),
  },
  'lists of lists of the schema': {
    sizes: [3, 4, 6, 10, ...from(25)],
    build: (n) => `{ __schema { types { ${nested(n, 'fields { type { ', '} }', 'name')} } } }`,
  },
  'types of the schema without end': {
    sizes: [16, 20, ...from(25)],
    build: (n) => `{ __schema { types { ${nested(n, 'ofType { ', '}', 'name')} } } }`,
  },
};

/** Every hostile document, with its name. */
export const hostileDocuments = (): [string, string][] =>
  Object.entries(KINDS).flatMap(([kind, { sizes, build }]) =>
    sizes.map((size): [string, string] => [`${kind}, ${size}`, build(size)]),
  );
