import { createHash } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { COLUMNS, HEADER, type TargetingColumn } from '../../src/areas/targeting/targeting-file.js';
import { aDraw } from './a-dice.js';

export type Cells = Record<TargetingColumn, string>;

const NAMES =
  'MARTIN BERNARD DUBOIS THOMAS ROBERT RICHARD PETIT DURAND LEROY MOREAU SIMON LAURENT LEFÈVRE MICHEL GARCÍA DAVID BERTRAND ROUX VINCENT FOURNIER MOREL GIRARD ANDRÉ MERCIER DUPONT LAMBERT BONNET FRANÇOIS MARTINEZ LEGRAND GARNIER FAURE ROUSSEAU BLANC GUÉRIN MULLER HENRY ROUSSEL NICOLAS PERRIN MORIN MATHIEU CLÉMENT GAUTHIER DUMONT LOPEZ FONTAINE CHEVALIER ROBIN MASSON'.split(
    ' ',
  );
const WOMEN =
  'MARIE JEANNE FRANÇOISE MONIQUE CATHERINE NATHALIE ISABELLE SYLVIE ANNE MARTINE NICOLE HÉLÈNE ANNE-SOPHIE LÉA EMMA CHLOÉ'.split(
    ' ',
  );
const MEN =
  'JEAN PIERRE MICHEL ANDRÉ PHILIPPE RENÉ LOUIS ALAIN JACQUES BERNARD MARCEL DANIEL JEAN-LUC HUGO LUCAS NOÉ'.split(' ');
const STREETS =
  'rue des Lilas;avenue de la République;place du Marché;rue Pasteur;chemin des Écoliers;boulevard Victor-Hugo;impasse du Moulin;rue de l’Église'.split(
    ';',
  );
const TOWNS = 'Dijon Lyon Nantes Angoulême Saint-Étienne Lille Béziers Tours Metz Orléans'.split(' ');
const DEPARTMENTS = [
  ...Array.from({ length: 95 }, (_, at) => String(at + 1).padStart(2, '0')).filter((code) => code !== '20'),
  '2A',
  '2B',
];
const SCHEMES = ['01', '01', '01', '01', '01', '01', '01', '02', '02', '04', '08', '10'];
const MEDICAL = ['ALD12', 'ALD30', 'IMC30', 'TRS01', 'ONC01'];
const NON_MEDICAL = ['AGE75', 'AGE65', 'EHP01', 'PRO01', 'AID01'];

/** The same person for the same seed and number, whatever was drawn before (mulberry32 over both). */
function drawing(seed: number, number: number): (limit: number) => number {
  const draw = aDraw((Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) >>> 0);
  return (limit) => draw() % limit;
}

/** A NIR with its key: different for each number below 80 million. */
function nirOf(number: number, male: boolean, birthDate: string): string {
  const order = 1 + (number % 999);
  const commune = 1 + (Math.floor(number / 999) % 899);
  const cycle = Math.floor(number / (999 * 899));
  const department = String(1 + ((order * 7 + commune * 13 + cycle) % 95)).padStart(2, '0');
  const digits = `${male ? 1 : 2}${birthDate.slice(2, 4)}${birthDate.slice(5, 7)}${department === '20' ? '96' : department}${String(commune).padStart(3, '0')}${String(order).padStart(3, '0')}`;
  return digits + String(97 - Number(BigInt(digits) % 97n)).padStart(2, '0');
}

/** One synthetic person of a targeting file; equal seed and number give equal cells. */
export function aTargetedPerson(
  number: number,
  { seed = 1, ...given }: Partial<Cells> & { seed?: number } = {},
): Cells {
  const draw = drawing(seed, number);
  const one = <T>(values: readonly T[]): T => values[draw(values.length)] as T;
  const some = (values: readonly string[], most: number) =>
    [...new Set(Array.from({ length: draw(most + 1) }, () => one(values)))].join(',');
  const two = (value: number) => String(value).padStart(2, '0');
  const male = draw(2) === 1;
  const birthDate = `${1925 + draw(90)}-${two(1 + draw(12))}-${two(1 + draw(28))}`;
  const schemeCode = given.schemeCode ?? one(SCHEMES);
  const department = one(DEPARTMENTS);
  const contact = (value: string) => (schemeCode === '08' ? '' : value);
  const firstNames = Array.from({ length: 1 + draw(3) }, () => one(male ? MEN : WOMEN)).join('/');
  return {
    nir: nirOf(number, male, birthDate),
    birthDate,
    birthName: one(NAMES),
    usageName: draw(4) === 0 ? one(NAMES) : '',
    firstNames,
    sex: male ? 'M' : 'F',
    birthPlace: one(TOWNS).toUpperCase(),
    schemeCode,
    bodyCode: String(100 + draw(800)),
    department,
    postalAddress: contact(`${1 + draw(200)} ${one(STREETS)}, ${department}000 ${one(TOWNS)}`),
    phone: contact(draw(3) === 0 ? '' : `06${String(10_000_000 + draw(89_999_999))}`),
    email: contact(draw(3) === 0 ? '' : `personne${number}@exemple.fr`),
    legalRepresentative: '',
    medicalCriteriaCodes: some(MEDICAL, 2),
    nonMedicalCriteriaCodes: one(NON_MEDICAL),
    ...given,
  };
}

export const lineOf = (cells: Cells): string => COLUMNS.map((column) => cells[column]).join(';');

/** Writes a file of ready lines, and its SHA-256 beside it as `sha256sum` does. */
export function aFileOf(
  path: string,
  lines: Iterable<string>,
  { header = HEADER, newline = '\n' } = {},
): { file: string; sha256: string } {
  const hash = createHash('sha256');
  const handle = openSync(path, 'w');
  const write = (text: string) => {
    const bytes = Buffer.from(text);
    hash.update(bytes);
    writeSync(handle, bytes);
  };
  let block = header + newline;
  for (const line of lines) {
    block += line + newline;
    if (block.length > 1 << 20) {
      write(block);
      block = '';
    }
  }
  write(block);
  closeSync(handle);
  const sha256 = hash.digest('hex');
  writeFileSync(`${path}.sha256`, `${sha256}  ${path}\n`);
  return { file: path, sha256 };
}

/** Writes `persons` synthetic persons, numbered from `from`. */
export const aTargetingFile = (
  path: string,
  { persons, seed = 1, from = 0 }: { persons: number; seed?: number; from?: number },
): { file: string; sha256: string } => aFileOf(path, linesOf(persons, seed, from));

function* linesOf(persons: number, seed: number, from: number): Generator<string> {
  for (let at = from; at < from + persons; at++) yield lineOf(aTargetedPerson(at, { seed }));
}
