import 'reflect-metadata';
import type { DataSource } from 'typeorm';
import { createDataSource } from '../../src/db/data-source.js';
import { mappingOf } from '../../src/db/mapping.js';
import { TABLES } from '../../src/entities.js';
import { CATEGORY_IDS, type Category } from '../../src/law/categories.js';
import { type Cell, none, read, readIf, transform } from '../../src/law/cells.js';
import { CONDITIONS, type Condition } from '../../src/law/conditions.js';
import { categoryOf, FIELD_IDS } from '../../src/law/fields.js';
import { type IndicatorHolder, TABLE_IDS, TABLE_RIGHTS } from '../../src/law/indicator-rights.js';
import { MATRIX } from '../../src/law/matrix.js';
import { OPERATION_IDS, OPERATIONS } from '../../src/law/operations.js';
import { RECIPIENT_IDS, RECIPIENTS, type Recipient } from '../../src/law/recipients.js';
import type { Citation } from '../../src/law/texts.js';
import { fullSchema } from '../../src/schema.js';
import {
  cellDifferences,
  columnDifferences,
  type Difference,
  operationDifferences,
  rowDifferences,
  tableDifferences,
  viewDifferences,
} from './comparing.js';

/** One edit of the law that nobody decided, and how it is taken back. */
interface Flip {
  readonly name: string;
  readonly recipient: Recipient;
  apply(): void;
  undo(): void;
}

const ARTICLE: Citation = 'art. 3';

/** Every other thing that a cell could have said. */
function otherCells(cell: Cell, category: Category): Cell[] {
  const fields = FIELD_IDS.filter((id) => categoryOf(id) === category);
  switch (cell.grant) {
    case 'none':
      return [read(ARTICLE)];
    case 'read':
      return [none(ARTICLE), readIf('consent', ARTICLE)];
    case 'readIf':
      return [none(ARTICLE), read(ARTICLE), ...otherConditions(cell.condition).map((other) => readIf(other, ARTICLE))];
    case 'transform':
      return [
        none(ARTICLE),
        read(ARTICLE),
        ...cell.fields.map((left) =>
          transform(
            cell.fields.filter((field) => field !== left),
            ARTICLE,
          ),
        ),
        ...fields
          .filter((field) => !cell.fields.includes(field))
          .map((added) => transform([...cell.fields, added], ARTICLE)),
      ];
  }
}

const otherConditions = (condition: Condition): Condition[] =>
  (Object.keys(CONDITIONS) as Condition[]).filter((other) => other !== condition);

const sayingOf = (cell: Cell): string =>
  cell.grant === 'readIf'
    ? `readIf ${cell.condition}`
    : cell.grant === 'transform'
      ? `transform of ${cell.fields.length}`
      : cell.grant;

const cellFlips = (recipient: Recipient): Flip[] =>
  CATEGORY_IDS.flatMap((category) => {
    const row = MATRIX[recipient];
    const cell = row[category];
    return otherCells(cell, category).map((other) => ({
      name: `${recipient} · ${category} · ${sayingOf(cell)} → ${sayingOf(other)}`,
      recipient,
      apply: () => {
        row[category] = other;
      },
      undo: () => {
        row[category] = cell;
      },
    }));
  });

function rowFlips(recipient: Recipient): Flip[] {
  const rule = RECIPIENTS[recipient] as { rows: Condition };
  const { rows } = rule;
  return otherConditions(rows).map((other) => ({
    name: `${recipient} · rows · ${rows} → ${other}`,
    recipient,
    apply: () => {
      rule.rows = other;
    },
    undo: () => {
      rule.rows = rows;
    },
  }));
}

const operationFlips = (recipient: Recipient): Flip[] =>
  OPERATION_IDS.map((operation) => {
    const to = OPERATIONS[operation].to as Partial<Record<Recipient, Citation>>;
    const article = to[recipient];
    return {
      name: `${recipient} · ${operation} · ${article ? 'opened → refused' : 'refused → opened'}`,
      recipient,
      apply: () => {
        if (article) delete to[recipient];
        else to[recipient] = ARTICLE;
      },
      undo: () => {
        if (article) to[recipient] = article;
        else delete to[recipient];
      },
    };
  });

const tableFlips = (recipient: Recipient): Flip[] =>
  TABLE_IDS.flatMap((table) =>
    ([recipient, 'OPEN_DATA'] as const).map((holder) => {
      const to = TABLE_RIGHTS[table] as { [H in IndicatorHolder]?: Citation };
      const article = to[holder];
      return {
        name: `${holder} · ${table} · ${article ? 'opened → refused' : 'refused → opened'}`,
        recipient,
        apply: () => {
          if (article) delete to[holder];
          else to[holder] = ARTICLE;
        },
        undo: () => {
          if (article) to[holder] = article;
          else delete to[holder];
        },
      };
    }),
  );

/** The metadata of the tables, without a database. */
function mappingAlone() {
  const source = createDataSource('postgres://nowhere.invalid/none', TABLES);
  return (source as unknown as { buildMetadatas(): Promise<void> })
    .buildMetadatas()
    .then(() => mappingOf(source as DataSource));
}

/** Every check that a flip may turn red; each is named in the tally. */
async function checks(): Promise<Record<string, (recipient: Recipient) => Difference[]>> {
  const schema = fullSchema();
  const mapping = await mappingAlone();
  return {
    cells: (recipient) => CATEGORY_IDS.flatMap((category) => cellDifferences(recipient, category)),
    operations: operationDifferences,
    rows: rowDifferences,
    tables: tableDifferences,
    columns: (recipient) => columnDifferences(mapping, recipient),
    views: (recipient) => viewDifferences(schema, recipient),
  };
}

async function main(): Promise<void> {
  const started = Date.now();
  const checking = await checks();
  const kills = new Map(Object.keys(checking).map((name) => [name, 0]));
  const redFor = (recipient: Recipient): string[] =>
    Object.entries(checking)
      .filter(([, check]) => check(recipient).length > 0)
      .map(([name]) => name);
  const redBefore = RECIPIENT_IDS.flatMap((recipient) => redFor(recipient).map((name) => `${recipient} · ${name}`));
  if (redBefore.length > 0) throw new Error(`red before any flip:\n${redBefore.join('\n')}`);

  const flips = RECIPIENT_IDS.flatMap((id) => [
    ...cellFlips(id),
    ...rowFlips(id),
    ...operationFlips(id),
    ...tableFlips(id),
  ]);
  const survivors: string[] = [];
  for (const flip of flips) {
    flip.apply();
    const red = redFor(flip.recipient);
    flip.undo();
    for (const name of red) kills.set(name, (kills.get(name) ?? 0) + 1);
    if (red.length === 0) survivors.push(flip.name);
  }
  for (const name of survivors) process.stdout.write(`survived: ${name}\n`);
  const tally = [...kills].map(([name, count]) => `${name} ${count}`).join(', ');
  process.stdout.write(`turned red by: ${tally}; ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
  process.stdout.write(`killed ${flips.length - survivors.length} / ${flips.length}\n`);
  process.exitCode = survivors.length > 0 ? 1 : 0;
}

await main();
