import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type GraphQLNamedType, getNamedType, isEnumType, isInputObjectType, isObjectType } from 'graphql';
import { derivedFiles } from '../../src/cli/derive.js';
import { CATEGORIES } from '../../src/law/categories.js';
import { CONDITIONS } from '../../src/law/conditions.js';
import { FIELD_IDS, FIELDS, isComputed, LINKS, type PersonalType, UNSERVED } from '../../src/law/fields.js';
import { FILTERS, SORT_KEYS } from '../../src/law/filters.js';
import { GLOSSARY } from '../../src/law/glossary.js';
import { TABLE_IDS, TABLE_RIGHTS } from '../../src/law/indicator-rights.js';
import { MATRIX } from '../../src/law/matrix.js';
import { OPERATION_IDS, operationRule } from '../../src/law/operations.js';
import { READINGS } from '../../src/law/readings.js';
import { PSEUDONYM_SPACES, RECIPIENT_IDS, RECIPIENTS } from '../../src/law/recipients.js';
import { RETENTION } from '../../src/law/retention.js';
import { TEXTS } from '../../src/law/texts.js';
import { fullSchema } from '../../src/schema.js';
import { aRegister, type Register } from '../builders/a-register.js';
import {
  ALL_FIELDS,
  cellDifferences,
  columnDifferences,
  operationDifferences,
  rowDifferences,
  sentenceOf,
  CATEGORIES as TRANSCRIBED,
  tableDifferences,
  viewDifferences,
} from './comparing.js';
import { SENTENCES, TRANSCRIBED_RECIPIENTS } from './transcription.js';

const schema = fullSchema();
const ROOT = process.cwd();
const CONFLICTS = Array.from({ length: 18 }, (_, index) => index + 1);

let register: Register;
beforeAll(async () => {
  register = await aRegister();
});
afterAll(() => register.close());

describe('the matrix says what the transcription says', () => {
  it('about the same recipients, categories and fields', () => {
    expect(RECIPIENT_IDS).toEqual([...TRANSCRIBED_RECIPIENTS]);
    expect(Object.keys(CATEGORIES)).toEqual(TRANSCRIBED);
    expect([...FIELD_IDS].sort()).toEqual([...ALL_FIELDS].sort());
  });

  for (const recipient of TRANSCRIBED_RECIPIENTS) {
    for (const category of TRANSCRIBED) {
      const { source, grant } = MATRIX[recipient][category];
      it(`${source} · ${recipient} · ${category} · ${grant === 'none' ? 'refused' : grant}`, () => {
        expect(cellDifferences(recipient, category).map(sentenceOf)).toEqual([]);
      });
    }
    it(`${RECIPIENTS[recipient].source} · ${recipient} · rows · ${RECIPIENTS[recipient].rows}`, () => {
      expect(rowDifferences(recipient).map(sentenceOf)).toEqual([]);
    });
    it(`${recipient} may call what the texts open to it, and nothing else`, () => {
      expect(operationDifferences(recipient).map(sentenceOf)).toEqual([]);
    });
    it(`${recipient} may have the tables of indicators that the texts open to it, and the open feed its own`, () => {
      expect(tableDifferences(recipient).map(sentenceOf)).toEqual([]);
    });
    it(`${recipient} is served a view of just that`, () => {
      expect(viewDifferences(schema, recipient).map(sentenceOf)).toEqual([]);
    });
    it(`${recipient} is granted the columns of just that`, () => {
      expect(columnDifferences(register.database.mapping, recipient).map(sentenceOf)).toEqual([]);
    });
  }
});

describe('citations', () => {
  const cited = citationsOfData();

  it('of every rule stand in the list of texts', () => {
    expect([...cited].filter((citation) => !Object.hasOwn(TEXTS, citation))).toEqual([]);
  });
  it('in the comments of the law stand in the list of texts', () => {
    const inComments = sourcesBelow('src/law').flatMap((text) => [...text.matchAll(/AIPD M\d\.\d+/g)].map(String));
    expect(inComments.filter((citation) => !Object.hasOwn(TEXTS, citation))).toEqual([]);
  });
  it('lead to texts that say where to read them', () => {
    for (const title of Object.values(TEXTS)) expect(title).toMatch(/^(AIPD|Décret|Convention)\b.{10}/);
  });
  it('leave no text of the list unused', () => {
    const code = sourcesBelow('src').join('\n');
    const unused = Object.keys(TEXTS).filter((citation) => !cited.has(citation) && !isNamedIn(code, citation));
    expect(unused).toEqual([]);
  });
});

function citationsOfData(): Set<string> {
  return new Set<string>([
    ...RECIPIENT_IDS.flatMap((recipient) => Object.values(MATRIX[recipient]).map(({ source }) => source)),
    ...OPERATION_IDS.flatMap((operation) => Object.values(operationRule(operation).to)),
    ...TABLE_IDS.flatMap((table) => RECIPIENT_IDS.flatMap((id) => TABLE_RIGHTS[table][id] ?? [])),
    ...TABLE_IDS.flatMap((table) => TABLE_RIGHTS[table].OPEN_DATA ?? []),
    ...[RECIPIENTS, CATEGORIES, CONDITIONS, RETENTION].flatMap((table) =>
      Object.values(table as Record<string, { source: string }>).map(({ source }) => source),
    ),
    ...Object.values(UNSERVED.internal),
  ]);
}

/** A comment may abridge a list: « AIPD M1.47, M2.32 ». */
const isNamedIn = (code: string, citation: string): boolean =>
  new RegExp(`${citation.replace(/^AIPD (?=M\d)/, '').replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?![\\d,°])`).test(code);

const sourcesBelow = (folder: string): string[] =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('texts.ts'))
    .map((file) => readFileSync(path.join(ROOT, folder, file), 'utf8'));

describe('the 18 contradictions of the texts', () => {
  it('each have their strict reading', () => {
    expect(Object.keys(READINGS).map(Number)).toEqual(CONFLICTS);
  });
  it('are each settled by a sentence of the transcription', () => {
    const settled = new Set(SENTENCES.map(({ conflict }) => conflict));
    expect(CONFLICTS.filter((conflict) => !settled.has(conflict))).toEqual([]);
  });
  it('are named by a cell where the reading says « matrice »', () => {
    const named = new Set(RECIPIENT_IDS.flatMap((id) => Object.values(MATRIX[id]).map(({ reading }) => reading)));
    const inMatrix = Object.entries(READINGS).filter(([, { where }]) => where === 'matrice');
    expect(inMatrix.map(([number]) => Number(number)).filter((number) => !named.has(number as 1))).toEqual([]);
  });
});

describe('the glossary', () => {
  const used: string[] = Object.values(GLOSSARY).flatMap((term) => [...term.used]);
  const names = namesOfTheSchema();

  it('names only what exists', () => {
    expect(used.filter((name) => !names.has(name) && !RECIPIENT_IDS.includes(name as 'PS'))).toEqual([]);
  });
  it('has a term for every personal type', () => {
    expect(Object.keys(FIELDS).filter((type) => !used.includes(type))).toEqual([]);
  });
  it('has a term for every operation, or for what it answers with', () => {
    const lacking = OPERATION_IDS.filter((id) => !used.includes(id) && !used.includes(answerOf(id)));
    expect(lacking).toEqual([]);
  });
  it('gives each term once, in English too', () => {
    const english = Object.values(GLOSSARY).map((term) => term.english);
    expect(new Set(english).size).toBe(english.length);
  });
});

function namesOfTheSchema(): Set<string> {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  return new Set(
    types.flatMap((type) => [
      type.name,
      ...(isObjectType(type) || isInputObjectType(type) ? Object.keys(type.getFields()) : []),
      ...(isEnumType(type) ? type.getValues().map(({ name }) => name) : []),
    ]),
  );
}

/** The type of the rows that an operation answers with. */
function answerOf(operation: string): string {
  const roots = { ...schema.getQueryType()?.getFields(), ...schema.getMutationType()?.getFields() };
  const type: GraphQLNamedType | undefined = getNamedType(roots[operation]?.type);
  return type?.name.replace(/Connection$/, '') ?? '';
}

describe('the closed world of columns', () => {
  const unserved: readonly string[] = [...UNSERVED.keys, ...UNSERVED.perimeter, ...Object.keys(UNSERVED.internal)];
  const spaces = Object.values(PSEUDONYM_SPACES).map(({ column }) => `Patient.${column}`);

  it('every column of a personal type is a field or is never served', () => {
    const known = new Set<string>([...FIELD_IDS, ...unserved, ...spaces]);
    expect(columnsOfPersonalTypes().filter((column) => !known.has(column))).toEqual([]);
  });
  it('every field and every column that is never served exists', () => {
    const columns = new Set(columnsOfPersonalTypes());
    const fields = FIELD_IDS.filter(
      (field) => field !== 'Patient.pseudonym' && !isComputed(field.slice(0, field.indexOf('.'))),
    );
    expect([...fields, ...unserved, ...spaces].filter((column) => !columns.has(column))).toEqual([]);
  });
  it('no column is both', () => {
    expect(unserved.filter((column) => (FIELD_IDS as readonly string[]).includes(column))).toEqual([]);
  });
  it('every field and link of a personal type in the schema is in the law, and the other way round', () => {
    for (const type of Object.keys(FIELDS) as PersonalType[]) {
      const object = schema.getType(type);
      const served = isObjectType(object) ? Object.keys(object.getFields()) : [];
      expect(served.sort()).toEqual([...Object.keys(FIELDS[type]), ...Object.keys(LINKS[type])].sort());
    }
  });
  it('lists are filtered and sorted by existing fields, as the schema offers them', () => {
    const ids: readonly string[] = FIELD_IDS;
    expect([...Object.values(FILTERS), ...Object.values(SORT_KEYS)].filter((id) => !ids.includes(id))).toEqual([]);
    const filter = schema.getType('PatientFilter');
    const order = schema.getType('PatientOrder');
    expect(isInputObjectType(filter) && Object.keys(filter.getFields()).sort()).toEqual(Object.keys(FILTERS).sort());
    const keys = isEnumType(order) ? order.getValues().map(({ name }) => name) : [];
    expect(keys.sort()).toEqual(Object.keys(SORT_KEYS).sort());
  });
});

/** `Type.property` of every column, by TypeORM's metadata; health data stand under the type that serves them. */
function columnsOfPersonalTypes(): string[] {
  const personal = [...Object.keys(FIELDS), 'PatientHealth'];
  return register.database.owner.entityMetadatas
    .filter(({ name }) => personal.includes(name))
    .flatMap((entity) =>
      entity.columns.map(({ propertyName, isPrimary }) =>
        entity.name === 'PatientHealth' && !isPrimary ? `Patient.${propertyName}` : `${entity.name}.${propertyName}`,
      ),
    );
}

describe('what is derived is up to date', () => {
  const derived = derivedFiles();
  for (const [file, text] of derived) {
    it(`schema/${file}`, () => {
      expect(readFileSync(path.join(ROOT, 'schema', file), 'utf8')).toBe(text);
    });
  }
  it('schema/views has no view of nobody', () => {
    const views = readdirSync(path.join(ROOT, 'schema', 'views')).map((file) => `views/${file}`);
    expect(views.filter((file) => !derived.has(file))).toEqual([]);
  });
  it('migrations make the tables that the entities describe', async () => {
    const { upQueries } = await register.database.owner.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });
});

describe('an incomplete law does not compile', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-law-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('but the law as it stands does', async () => {
    expect(await compiled(aCopyOfTheLaw(folder, 'whole'))).toBe('');
  });
  it('a row of the matrix without one category', async () => {
    const law = aCopyOfTheLaw(folder, 'category');
    edit(path.join(law, 'matrix.ts'), /^ {4}'6°c': read\('AIPD, destinataires, 6°', 4\),\n/m, '');
    expect(await compiled(law)).toMatch(/matrix\.ts.*'"?6°c"?' is missing/s);
  });
  it('a matrix without one recipient', async () => {
    const law = aCopyOfTheLaw(folder, 'recipient');
    edit(path.join(law, 'matrix.ts'), /^ {2}PILOTAGE: .*\n/m, '');
    expect(await compiled(law)).toMatch(/matrix\.ts.*PILOTAGE/s);
  });
  it('a citation of no text', async () => {
    const law = aCopyOfTheLaw(folder, 'citation');
    edit(path.join(law, 'matrix.ts'), /read\('art\. 3, I, 1°'\)/, `read('art. 3, I, 9°')`);
    expect(await compiled(law)).toMatch(/matrix\.ts.*art\. 3, I, 9°/s);
  });
  it('a transform of a field that does not exist', async () => {
    const law = aCopyOfTheLaw(folder, 'transform');
    edit(path.join(law, 'matrix.ts'), /'Invitation\.code'/, `'Invitation.token'`);
    expect(await compiled(law)).toMatch(/matrix\.ts.*Invitation\.token/s);
  });
});

function aCopyOfTheLaw(folder: string, name: string): string {
  const law = path.join(folder, name);
  mkdirSync(law);
  cpSync(path.join(ROOT, 'src', 'law'), law, { recursive: true });
  writeFileSync(path.join(law, 'package.json'), '{"type":"module"}');
  return law;
}

function edit(file: string, from: RegExp, to: string): void {
  const text = readFileSync(file, 'utf8');
  if (!from.test(text)) throw new Error(`${path.basename(file)} has no ${from}`);
  writeFileSync(file, text.replace(from, to));
}

/** What the compiler says of these files: nothing when all is well. */
async function compiled(law: string): Promise<string> {
  const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const flags = ['--noEmit', '--strict', '--target', 'es2023', '--module', 'nodenext', '--types', ''];
  const files = readdirSync(law).filter((file) => file.endsWith('.ts'));
  try {
    await promisify(execFile)(process.execPath, [tsc, ...flags, ...files], { cwd: law });
    return '';
  } catch (error) {
    return String((error as { stdout?: string }).stdout ?? error);
  }
}
