import {
  COLUMNS,
  HEADER,
  isFault,
  isHeader,
  LINE_LIMIT,
  parseLine,
} from '../../../src/areas/targeting/targeting-file.js';
import { aTargetedPerson, type Cells, lineOf } from '../../builders/a-targeting-file.js';

const person = (cells: Partial<Cells> = {}) => aTargetedPerson(1, { schemeCode: '01', ...cells });
const faultOf = (line: string) => {
  const result = parseLine(line);
  return isFault(result) ? `${result.column} ${result.code}` : undefined;
};

describe('a line of the targeting file', () => {
  it('gives a person when every column is right', () => {
    const cells = person({ firstNames: 'ANNE-SOPHIE/LÉA', medicalCriteriaCodes: 'ALD12,IMC30,ALD12', usageName: '' });
    expect(parseLine(lineOf(cells))).toMatchObject({
      nir: cells.nir,
      firstNames: ['ANNE-SOPHIE', 'LÉA'],
      usageName: null,
      medicalCriteriaCodes: ['ALD12', 'IMC30'],
    });
  });

  it('passes for thousands of synthetic persons', () => {
    for (let at = 0; at < 5000; at++) expect(faultOf(lineOf(aTargetedPerson(at, { seed: 7 })))).toBeUndefined();
  });

  it.each<[Partial<Cells>, string]>([
    [{ nir: '255081416802539' }, 'nir NIR_KEY'],
    [{ nir: '25508141680253' }, 'nir NIR_FORMAT'],
    [{ nir: '' }, 'nir MISSING'],
    [{ birthDate: '1955-13-01' }, 'birthDate BIRTH_DATE'],
    [{ birthDate: '14/08/1955' }, 'birthDate BIRTH_DATE'],
    [{ birthName: '=HYPERLINK(1)' }, 'birthName NAME_FORMAT'],
    [{ birthName: 'DUPONT3' }, 'birthName NAME_FORMAT'],
    [{ birthName: 'Ελένη' }, 'birthName NAME_FORMAT'],
    [{ birthName: 'A'.repeat(81) }, 'birthName TOO_LONG'],
    [{ birthName: '' }, 'birthName MISSING'],
    [{ usageName: '--' }, 'usageName NAME_FORMAT'],
    [{ firstNames: 'MARIE//JEANNE' }, 'firstNames NAME_FORMAT'],
    [{ firstNames: '' }, 'firstNames MISSING'],
    [{ sex: 'H' }, 'sex SEX'],
    [{ birthPlace: '@SUM(A1)' }, 'birthPlace FORMULA'],
    [{ schemeCode: '11' }, 'schemeCode SCHEME_CODE'],
    [{ schemeCode: '1' }, 'schemeCode SCHEME_CODE'],
    [{ bodyCode: '75' }, 'bodyCode BODY_CODE'],
    [{ department: '20' }, 'department DEPARTMENT'],
    [{ postalAddress: '+33' }, 'postalAddress FORMULA'],
    [{ postalAddress: 'x'.repeat(241) }, 'postalAddress TOO_LONG'],
    [{ phone: '06 12 34' }, 'phone PHONE'],
    [{ email: 'a@b' }, 'email EMAIL'],
    [{ legalRepresentative: '=1+1' }, 'legalRepresentative FORMULA'],
    [{ medicalCriteriaCodes: 'diabète' }, 'medicalCriteriaCodes CRITERIA_CODES'],
    [{ nonMedicalCriteriaCodes: 'AGE75,' }, 'nonMedicalCriteriaCodes CRITERIA_CODES'],
  ])('with %j is refused as %s', (cells, expected) => {
    expect(faultOf(lineOf(person(cells)))).toBe(expected);
  });

  it('of a person insured by the military fund bears no contact (AIPD M1.32)', () => {
    const bare = { schemeCode: '08', postalAddress: '', phone: '', email: '', legalRepresentative: '' };
    expect(faultOf(lineOf(person(bare)))).toBeUndefined();
    for (const [column, value] of [
      ['postalAddress', '1 rue des Lilas'],
      ['phone', '0612345678'],
      ['email', 'a@exemple.fr'],
      ['legalRepresentative', 'DUPONT Jean'],
    ]) {
      expect(faultOf(lineOf(person({ ...bare, [String(column)]: value })))).toBe(`${column} MILITARY_CONTACT`);
    }
  });

  it.each(['\u0000', '\u0007', '\t', '\r', '\u0085', '\u200b', '\u202e', '\ufeff'])(
    'with a hidden character %j is refused',
    (hidden) => {
      expect(faultOf(lineOf(person({ postalAddress: `1 rue${hidden} des Lilas` })))).toBe('line CONTROL_CHARACTER');
    },
  );

  it('that was no UTF-8 is refused', () => {
    const bytes = Buffer.from(lineOf(person({ birthName: 'LEFÈVRE' })), 'latin1');
    expect(faultOf(bytes.toString('utf8'))).toBe('line ENCODING');
  });

  it('may quote its fields (RFC 4180)', () => {
    const cells = person({ postalAddress: 'Résidence "Le Parc"; bât. B' });
    const quoted = COLUMNS.map((column) => `"${cells[column].replaceAll('"', '""')}"`).join(';');
    expect(parseLine(quoted)).toMatchObject({ postalAddress: cells.postalAddress, nir: cells.nir });
    expect(parseLine(lineOf(person({ postalAddress: '"a;b"' })))).toMatchObject({ postalAddress: 'a;b' });
    expect(parseLine(lineOf(person({ nonMedicalCriteriaCodes: '""' })))).toMatchObject({
      nonMedicalCriteriaCodes: [],
    });
  });

  it.each(['"1 rue', '1 "rue"', '"1" rue', '"'])('with a stray quote in %j is refused', (postalAddress) => {
    expect(faultOf(lineOf(person({ postalAddress })))).toMatch(/^line (QUOTING|COLUMN_COUNT)$/);
  });

  it('has sixteen columns and a limit', () => {
    expect(faultOf('')).toBe('line COLUMN_COUNT');
    expect(faultOf(`${lineOf(person())};`)).toBe('line COLUMN_COUNT');
    expect(faultOf('x'.repeat(LINE_LIMIT + 1))).toBe('line LINE_TOO_LONG');
  });

  it('is judged in linear time, however hostile', () => {
    const hostile = [
      'a@'.repeat(4000),
      `${'a-'.repeat(4000)}@`,
      '"'.repeat(8000),
      `${'A,'.repeat(4000)}`,
      ';'.repeat(8000),
    ];
    const began = performance.now();
    for (const text of hostile) {
      faultOf(text);
      faultOf(lineOf(person({ email: text.slice(0, 250), nonMedicalCriteriaCodes: text.replaceAll(';', ',') })));
    }
    expect(performance.now() - began).toBeLessThan(200);
  });
});

it('the header names the columns, with or without byte order mark and quotes', () => {
  expect(isHeader(HEADER)).toBe(true);
  expect(isHeader(`\ufeff${HEADER}`)).toBe(true);
  expect(isHeader(COLUMNS.map((column) => `"${column}"`).join(';'))).toBe(true);
  expect(isHeader(HEADER.replaceAll(';', ','))).toBe(false);
});
