import { CATEGORIES, CATEGORY_IDS } from '../law/categories.js';
import type { Cell } from '../law/cells.js';
import { CONDITIONS } from '../law/conditions.js';
import { UNSERVED } from '../law/fields.js';
import { type IndicatorHolder, TABLE_IDS, TABLE_RIGHTS } from '../law/indicator-rights.js';
import { MATRIX, SWITCHES } from '../law/matrix.js';
import { OPERATION_IDS, operationRule } from '../law/operations.js';
import { READINGS } from '../law/readings.js';
import { RECIPIENT_IDS, type Recipient, recipientRule } from '../law/recipients.js';
import { RETENTION } from '../law/retention.js';
import { TEXTS } from '../law/texts.js';
import { fieldsGranted } from './explain.js';

/** The law as a page for jurists: the matrix, then who sees what and why, the readings, the texts. */
export const matrixPage = (): string =>
  [
    '<!-- Dérivé de src/law par « npm run derive ». Ne pas modifier. -->',
    '# La matrice des destinataires',
    '',
    'Qui reçoit quoi du registre, à quelle condition et par quel texte. Cette page, les schémas de `views/`, les règles,',
    'les droits de la base de données et les tests sont tous dérivés de `src/law/`. Ce qui n’est pas accordé est refusé.',
    '',
    '**●** accordé · **◐** accordé sous condition · **▽** transformé ou limité à certains champs · **–** refusé.',
    '',
    ...matrixTable(),
    '',
    ...RECIPIENT_IDS.flatMap(recipientSection),
    '## Opérations',
    '',
    '| opération | objet | destinataires |',
    '|---|---|---|',
    ...OPERATION_IDS.map((operation) => {
      const { label, to } = operationRule(operation);
      const who = Object.entries(to);
      return `| \`${operation}\` | ${label} | ${who.length === RECIPIENT_IDS.length ? 'tous' : who.map(([id, source]) => `${id} (${source})`).join(', ')} |`;
    }),
    '',
    '## Indicateurs',
    '',
    'Les tableaux déclarés, et eux seuls. Hors du pilotage, jamais deux quasi-identifiants à la fois ; une agence régionale',
    'ne voit que les départements de sa région. Le flux ouvert est servi sans jeton.',
    '',
    `| tableau | objet | ${INDICATOR_HOLDERS.map((holder) => HOLDER_LABELS[holder] ?? holder).join(' | ')} |`,
    `|---|---|${INDICATOR_HOLDERS.map(() => ':-:').join('|')}|`,
    ...TABLE_IDS.map((table) => {
      const { label, ...rights } = TABLE_RIGHTS[table];
      return `| \`${table}\` | ${label} | ${INDICATOR_HOLDERS.map((holder) => rights[holder] ?? '–').join(' | ')} |`;
    }),
    '',
    '## Lectures strictes des contradictions',
    '',
    '| n° | contradiction | lecture appliquée | où |',
    '|---|---|---|---|',
    ...Object.entries(READINGS).map(
      ([n, { conflict, reading, where }]) => `| ${n} | ${conflict} | ${reading} | ${where} |`,
    ),
    '',
    '## Commutateurs',
    '',
    ...Object.entries(SWITCHES).map(([name, open]) => `- \`${name}\` : ${open ? 'ouvert' : 'fermé'}`),
    '',
    '## Jamais servi',
    '',
    ...Object.entries(UNSERVED.internal).map(([field, source]) => `- \`${field}\` (${source})`),
    '',
    '## Conservation',
    '',
    '| données | durée | à compter de | texte |',
    '|---|---|---|---|',
    ...Object.entries(RETENTION).map(
      ([kind, { duration, from, source }]) => `| ${kind} | ${duration} | ${from} | ${source} |`,
    ),
    '',
    '## Textes cités',
    '',
    ...Object.entries(TEXTS).map(([citation, title]) => `- **${citation}** — ${title}`),
    '',
  ].join('\n');

/** Everyone whom the law gives some table. */
const INDICATOR_HOLDERS = ([...RECIPIENT_IDS, 'OPEN_DATA'] as const).filter((holder) =>
  TABLE_IDS.some((table) => TABLE_RIGHTS[table][holder]),
);
const HOLDER_LABELS: { readonly [H in IndicatorHolder]?: string } = { OPEN_DATA: 'flux ouvert' };

const SIGNS: Record<Cell['grant'], string> = { read: '●', readIf: '◐', transform: '▽', none: '–' };

const matrixTable = (): string[] => [
  `| destinataire | lignes | ${CATEGORY_IDS.join(' | ')} |`,
  `|---|---|${CATEGORY_IDS.map(() => ':-:').join('|')}|`,
  ...RECIPIENT_IDS.map(
    (recipient) =>
      `| [${recipient}](#${anchor(recipient)}) | ${CONDITIONS[recipientRule(recipient).rows].label} | ${CATEGORY_IDS.map((category) => SIGNS[MATRIX[recipient][category].grant]).join(' | ')} |`,
  ),
];

const anchor = (recipient: Recipient): string => recipient.toLowerCase();

function recipientSection(recipient: Recipient): string[] {
  const { label, source, rows } = recipientRule(recipient);
  return [
    `## ${recipient}`,
    '',
    `${label} (${source}). Lignes : ${CONDITIONS[rows].label}.`,
    '',
    '| catégorie | accordé | champs | texte | lecture |',
    '|---|:-:|---|---|---|',
    ...CATEGORY_IDS.map((category) => {
      const cell = MATRIX[recipient][category];
      const fields = fieldsGranted(recipient, category)
        .map((field) => `\`${field}\``)
        .join(' ');
      const condition = cell.grant === 'readIf' ? ` (${CONDITIONS[cell.condition].label})` : '';
      return `| ${category} ${CATEGORIES[category].label} | ${SIGNS[cell.grant]}${condition} | ${fields || '–'} | ${cell.source} | ${cell.reading ? `n° ${cell.reading}` : ''} |`;
    }),
    '',
  ];
}
