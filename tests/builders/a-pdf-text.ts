import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inflateSync } from 'node:zlib';

/** The words of a PDF, by an extraction of our own: text operators of each page, read through the fonts' ToUnicode maps. */
export function textOf(pdf: Buffer): string {
  const objects = objectsOf(pdf);
  const fonts = fontsOf(objects);
  return [...objects.values()]
    .map(({ stream }) => stream ?? '')
    .filter((stream) => stream.includes(' Tf'))
    .map((stream) => wordsOf(stream, fonts))
    .join('\n');
}

/** All that a PDF holds, drawn or not: words, objects, metadata, unpacked streams; UTF-16 without its empty halves. */
export function everythingIn(pdf: Buffer): string {
  const parts = [...objectsOf(pdf).values()].flatMap(({ dictionary, stream = '' }) => [dictionary, stream]);
  const bytes = Buffer.from([...parts, pdf.toString('latin1')].join('\n'), 'latin1');
  return [textOf(pdf), bytes.toString('latin1'), bytes.toString('utf8')].join('\n').replaceAll('\0', '');
}

interface PdfObject {
  readonly dictionary: string;
  readonly stream?: string;
}

function objectsOf(pdf: Buffer): Map<number, PdfObject> {
  const text = pdf.toString('latin1');
  const found = new Map<number, PdfObject>();
  for (const { 1: number, index, 0: head } of text.matchAll(/(?:^|\n)(\d+) 0 obj\n/g)) {
    const from = index + head.length;
    const begins = text.indexOf('stream\n', from);
    const ends = text.indexOf('endobj', from);
    const hasStream = begins >= 0 && begins < ends;
    const dictionary = text.slice(from, hasStream ? begins : ends);
    const length = Number(/\/Length (\d+)/.exec(dictionary)?.[1] ?? 0);
    const bytes = pdf.subarray(begins + 7, begins + 7 + length);
    const isPacked = dictionary.includes('/FlateDecode');
    const stream = hasStream ? (isPacked ? inflateSync(bytes) : bytes).toString('latin1') : undefined;
    found.set(Number(number), { dictionary, ...(stream !== undefined && { stream }) });
  }
  return found;
}

/** Character codes to text, by the name of the font in the pages. */
function fontsOf(objects: ReadonlyMap<number, PdfObject>): Map<string, Map<string, string>> {
  const fonts = new Map<string, Map<string, string>>();
  for (const { dictionary } of objects.values()) {
    for (const [, name, number] of dictionary.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const map = /\/ToUnicode (\d+) 0 R/.exec(objects.get(Number(number))?.dictionary ?? '')?.[1];
      if (name && map) fonts.set(name, mapOf(objects.get(Number(map))?.stream ?? ''));
    }
  }
  return fonts;
}

function mapOf(cmap: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const [, from = '', to = '', list = ''] of cmap.matchAll(/<([0-9a-f]+)> <([0-9a-f]+)> \[([^\]]*)\]/gi)) {
    const texts = [...list.matchAll(/<([^>]*)>/g)].map(([, hex = '']) => fromUtf16(hex.replaceAll(' ', '')));
    for (let code = Number.parseInt(from, 16); code <= Number.parseInt(to, 16); code += 1)
      map.set(code.toString(16).padStart(4, '0'), texts[code - Number.parseInt(from, 16)] ?? '');
  }
  return map;
}

const fromUtf16 = (hex: string): string => Buffer.from(hex, 'hex').swap16().toString('utf16le');

function wordsOf(stream: string, fonts: ReadonlyMap<string, ReadonlyMap<string, string>>): string {
  let font: ReadonlyMap<string, string> = new Map();
  const words: string[] = [];
  for (const [, name, shown] of stream.matchAll(/\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g)) {
    if (name) font = fonts.get(name) ?? new Map();
    const codes = [...(shown ?? '').matchAll(/<([0-9a-f]*)>/gi)].flatMap(([, hex = '']) => hex.match(/.{4}/g) ?? []);
    if (shown !== undefined) words.push(codes.map((code) => font.get(code.toLowerCase()) ?? '?').join(''));
  }
  return words.join('\n');
}

/** Poppler's reading; undefined where it is not installed. */
export function popplerOf(tool: 'pdftotext' | 'pdfinfo', pdf: Buffer, ...flags: string[]): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'lancette-pdf-'));
  try {
    const file = path.join(folder, 'file.pdf');
    writeFileSync(file, pdf);
    const { error, stdout } = spawnSync(tool, [...flags, file, ...(tool === 'pdftotext' ? ['-'] : [])], {
      encoding: 'utf8',
    });
    return error ? undefined : stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
