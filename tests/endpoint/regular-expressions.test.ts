import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { TOKEN } from '../../src/auth/vihf/check-markup.js';
import { SEAL_MARK } from '../../src/read/compile.js';

/** The checkout, seen from `dist/tests/endpoint`. */
const SOURCE = path.resolve(import.meta.dirname, '../../../src');
const LENGTH = 100_000;
/** What is hoped for, and after how many milliseconds an expression is taken to explode. */
const GOAL_MS = 5;
const EXPLODES_MS = 5000;

interface Expression {
  readonly file: string;
  readonly source: string;
  readonly flags: string;
}

/** A literal stands where a value may begin, never behind one: `/` is a division there. */
const LITERAL =
  /(?<=[(,=:[!&|?{};]\s*|return\s+|^\s*)\/((?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/([dgimsuvy]*)(?![\w/*])/gm;

const BUILT: readonly Expression[] = [
  // src/read/reader.ts writes this one with a constant inside.
  { file: 'read/reader.ts', source: `"${SEAL_MARK}((?:[^"\\\\]|\\\\.)*) ([0-9a-f-]{36})"`, flags: 'g' },
  // src/auth/vihf/check-markup.ts writes this one from its parts.
  { file: 'auth/vihf/check-markup.ts', source: TOKEN.source, flags: TOKEN.flags },
];

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const texts = files.map((file) => ({ file, text: readFileSync(path.join(SOURCE, file), 'utf8') }));
const expressions: Expression[] = [
  ...texts.flatMap(({ file, text }) =>
    [...withoutComments(text).matchAll(LITERAL)].map(([, source = '', flags = '']) => ({ file, source, flags })),
  ),
  ...BUILT,
];

/** Long texts that an expression of this form may nearly match, in each of its characters and in what it knows by heart. */
function attacks(source: string): string[] {
  const literals = [...new Set(source.replace(/\\[a-zA-Z]|[\\^$.*+?()[\]{}|]/g, ' ').split(/\s+/))].filter(Boolean);
  const characters = [...new Set([...'aA0 \t-."\',/\\=:;(_é\n', ...literals.flatMap((word) => [...word])])].slice(
    0,
    30,
  );
  const seeds = [...characters, ...literals.slice(0, 6), 'a ', '0-', 'a=', ' ,', '""', '\\"', 'aA0'];
  const heads = ['', ...literals.slice(0, 2)];
  return heads.flatMap((head) =>
    seeds.map((seed) => `${head}${seed.repeat(Math.ceil(LENGTH / seed.length)).slice(0, LENGTH)}\u0001`),
  );
}

const context = vm.createContext({ expression: /x/, text: '' });
const run = new vm.Script('expression.lastIndex = 0; text.replace(expression, "")');
function costOf({ source, flags }: Expression, text: string): number {
  Object.assign(context, { expression: new RegExp(source, flags), text });
  const began = performance.now();
  run.runInContext(context, { timeout: EXPLODES_MS });
  return performance.now() - began;
}

const dearest = { cost: 0, name: '' };
afterAll(() => {
  process.stdout.write(
    `regular expressions: ${expressions.length}, the dearest ${dearest.cost.toFixed(1)} ms for 100 kB: ${dearest.name} (goal: ≤ ${GOAL_MS} ms)\n`,
  );
});

describe('every regular expression of the source', () => {
  it('is found', () => {
    expect(expressions.length).toBeGreaterThan(60);
    const written = texts.filter(({ text }) => /new RegExp\(/.test(text)).map(({ file }) => file);
    expect(written).toEqual(BUILT.map(({ file }) => file));
  });

  it.each(expressions.map((one): [string, Expression] => [`${one.file} · /${one.source}/${one.flags}`, one]))(
    '%s reads 100 kB of anything without exploding',
    (name, expression) => {
      for (const text of attacks(expression.source)) {
        const cost = costOf(expression, text);
        if (cost > dearest.cost) Object.assign(dearest, { cost, name });
      }
    },
  );

  it('would be seen to explode', () => {
    expect(() => {
      Object.assign(context, { expression: /^(a+)+$/, text: `${'a'.repeat(60)}!` });
      run.runInContext(context, { timeout: 300 });
    }).toThrow(/timed out/);
  });
});
