import 'reflect-metadata';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { lexicographicSortSchema, printSchema } from 'graphql';
import { matrixPage } from '../access/matrix-page.js';
import { VIEWERS, viewOf } from '../access/views.js';
import { ERRORS } from '../kernel/error-registry.js';
import { fullSchema } from '../schema.js';

const STAMP = '# Derived from src/law by « npm run derive ». Do not edit.\n\n';

/** Everything that is derived from the law and committed, by path under `schema/`. */
export function derivedFiles(): Map<string, string> {
  const schema = fullSchema();
  return new Map([
    ['full.graphql', `${STAMP}${printSchema(schema)}\n`],
    ...VIEWERS.map(({ key, recipient, consultationOnly }): [string, string] => [
      `views/${key.toLowerCase().replaceAll(/[_ ]/g, '-')}.graphql`,
      `${STAMP}${printSchema(lexicographicSortSchema(viewOf(schema, recipient, consultationOnly)))}\n`,
    ]),
    ['README.md', matrixPage()],
    ['erreurs.md', errorsPage()],
  ]);
}

/** The registry of errors as a page for those who integrate. */
const errorsPage = (): string =>
  [
    '<!-- Dérivé de src/kernel/error-registry.ts par « npm run derive ». Ne pas modifier. -->',
    '# Les erreurs',
    '',
    'Chaque erreur a un code stable, une phrase en français ou en anglais selon `Accept-Language`, et, pour un droit',
    'refusé, `article` et `field`. Aucune ne contient de valeur. Ce qui est hors du périmètre de l’appelant est',
    'introuvable, comme s’il n’existait pas.',
    '',
    '| code | HTTP | français | anglais |',
    '|---|---|---|---|',
    ...Object.entries(ERRORS).map(([code, { status, fr, en }]) => `| \`${code}\` | ${status} | ${fr} | ${en} |`),
    '',
  ].join('\n');

/** Writes `schema/` anew, so that `git diff` shows what an amendment changed. */
function derive(root: string): void {
  const files = derivedFiles();
  mkdirSync(path.join(root, 'views'), { recursive: true });
  for (const file of readdirSync(path.join(root, 'views')))
    if (!files.has(`views/${file}`)) rmSync(path.join(root, 'views', file));
  let changed = 0;
  for (const [file, text] of files) {
    const target = path.join(root, file);
    if (readOrNothing(target) === text) continue;
    writeFileSync(target, text);
    changed += 1;
  }
  process.stdout.write(`schema/: ${files.size} files, ${changed} changed\n`);
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv[1]?.endsWith('derive.js')) derive(path.resolve('schema'));
