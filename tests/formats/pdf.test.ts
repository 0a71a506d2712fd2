import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { TaggedPdf } from '../../src/formats/pdf/document.js';

const CREATED = new Date('2021-06-01T10:00:00Z');
const folder = mkdtempSync(path.join(tmpdir(), 'lancette-pdf-'));

/** Poppler's own reading; undefined where it is not installed. */
function poppler(tool: 'pdfinfo' | 'pdftotext' | 'pdffonts', file: string, ...flags: string[]): string | undefined {
  const target = tool === 'pdftotext' ? ['-'] : [];
  const { error, status, stdout } = spawnSync(tool, [...flags, file, ...target], { encoding: 'utf8' });
  if (error) return undefined;
  expect(status).toBe(0);
  return stdout;
}

const newDocument = () => new TaggedPdf({ title: 'Modèle <&>', createdAt: CREATED, footer: (page) => `page ${page}` });

async function written(document: TaggedPdf, name: string): Promise<{ bytes: string; file: string }> {
  const bytes = await document.bytes();
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  return { bytes: bytes.toString('latin1'), file };
}

function aPage(): TaggedPdf {
  const document = newDocument();
  document.heading(1, 'Titre').paragraph('Élève né à Œuf-en-Ternois.');
  document.section(() => document.paragraph('In English.'), 'en-GB');
  document.list(['un', 'deux']);
  document.table({
    columns: [
      { title: 'Champ', width: 120 },
      { title: 'Valeur', width: 200 },
    ],
    rows: [['rang', '2/2']],
    rowHeaders: true,
  });
  document.figure({ alt: 'Un carré', box: { x: 60, y: 700, width: 40, height: 40 } }, (pen) =>
    pen.rect(60, 700, 40, 40).fill('#000'),
  );
  return document;
}

describe('a PDF of the register', () => {
  it('is tagged, in French, says that it follows PDF/UA, and carries its fonts', async () => {
    const { bytes, file } = await written(aPage(), 'page.pdf');
    expect(bytes.startsWith('%PDF-1.7')).toBe(true);
    expect(bytes).toMatch(/\/MarkInfo \d+ 0 R/);
    expect(bytes).toContain('/Marked true');
    expect(bytes).toContain('/Lang (fr-FR)');
    expect(bytes).toContain('/DisplayDocTitle true');
    expect(bytes).toContain('<pdfuaid:part>1</pdfuaid:part>');
    expect(Buffer.from(bytes, 'latin1').toString('utf8')).toContain('<rdf:li xml:lang="x-default">Modèle et</rdf:li>');
    expect(bytes.match(/\/FontFile2 \d+ 0 R/g)).toHaveLength(2);
    expect(bytes).not.toMatch(/Helvetica|Times|Courier/);
    const fonts = poppler('pdffonts', file);
    if (fonts !== undefined) {
      const rows = fonts.trim().split('\n').slice(2);
      expect(rows).toHaveLength(2);
      for (const row of rows) expect(row).toMatch(/DejaVuSans\S* +CID TrueType +Identity-H +yes yes yes/);
    }
  });

  it('announces each part by its kind, in the order of reading', async () => {
    const { bytes, file } = await written(aPage(), 'parts.pdf');
    for (const kind of ['Document', 'H1', 'P', 'Sect', 'L', 'LI', 'LBody', 'Table', 'TR', 'TH', 'TD', 'Figure'])
      expect(bytes).toMatch(new RegExp(`/S /${kind}\\b`));
    expect(bytes).toContain('/Lang (en-GB)');
    expect(bytes).toMatch(/\/Scope \/Row/);
    expect(bytes).toMatch(/\/Scope \/Column/);
    const structure = poppler('pdfinfo', file, '-struct-text');
    if (structure === undefined) return;
    const order = ['H1 (', 'Titre', 'Œuf-en-Ternois', 'Sect', 'In English.', 'un', 'Champ', '2/2', 'Figure'];
    const places = order.map((text) => structure.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(poppler('pdftotext', file)).toContain('Élève né à Œuf-en-Ternois.');
    // The foot of the page is seen and not announced.
    expect(structure).not.toContain('page 1');
    expect(poppler('pdftotext', file)).toContain('page 1');
  });

  it('shows a mark where a character has no glyph or would hide or turn others', async () => {
    const { file } = await written(newDocument().paragraph('A\u202eB\u0000C\u{4e2d}D'), 'marks.pdf');
    const text = poppler('pdftotext', file);
    if (text !== undefined) expect(text).toContain('A\ufffdB\ufffdC\ufffdD');
    const { printable } = await import('../../src/formats/pdf/fonts.js');
    expect(printable('A\u202eB\u0000C\u{4e2d}é', 'body')).toBe('A\ufffdB\ufffdC\ufffdé');
  });

  it('is the same file for the same content', async () => {
    const [one, two] = [await aPage().bytes(), await aPage().bytes()];
    expect(one.equals(two)).toBe(true);
  });

  it('repeats the titles of a long table on each page without announcing them again', async () => {
    const document = newDocument();
    function* rows() {
      for (let line = 1; line <= 120; line += 1) yield [`ligne ${line}`, 'x'.repeat(20)];
    }
    document.table({
      columns: [
        { title: 'Ligne', width: 100 },
        { title: 'Texte', width: 200 },
      ],
      rows: rows(),
    });
    expect(document.pageCount).toBeGreaterThan(2);
    const pages = document.pageCount;
    const { file } = await written(document, 'long.pdf');
    const text = poppler('pdftotext', file, '-layout');
    if (text === undefined) return;
    expect(text.match(/Ligne/g)).toHaveLength(pages);
    expect(text).toContain('ligne 120');
    expect(poppler('pdfinfo', file, '-struct-text')?.match(/"Ligne"/g)).toHaveLength(1);
    expect(poppler('pdfinfo', file)).toMatch(new RegExp(`Pages: +${pages}\\n`));
  });

  it('refuses a row that is higher than a page', () => {
    const columns = [{ title: 'Texte', width: 60 }];
    expect(() => newDocument().table({ columns, rows: [['mot '.repeat(3000)]] })).toThrow(RangeError);
  });
});
