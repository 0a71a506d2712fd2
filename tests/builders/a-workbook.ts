import { inflateRawSync } from 'node:zlib';

/** The files of a ZIP archive, by name, read by its central directory. */
function filesIn(archive: Buffer): Map<string, string> {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const files = new Map<string, string>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const [names, extra, comment] = [28, 30, 32].map((offset) => archive.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const local = archive.readUInt32LE(at + 42);
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const packed = archive.subarray(start, start + archive.readUInt32LE(at + 20));
    const bytes = archive.readUInt16LE(at + 10) === 8 ? inflateRawSync(packed) : packed;
    files.set(archive.toString('utf8', at + 46, at + 46 + names), bytes.toString('utf8'));
    at += 46 + names + extra + comment;
  }
  return files;
}

const plain = (text: string): string =>
  text.replace(
    /&(amp|lt|gt|quot|apos);/g,
    (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" })[name] ?? '',
  );

/** The cells of one sheet of a workbook, as a spreadsheet reads them: texts, numbers as texts, '' where empty. */
export function sheetIn(workbook: Buffer, sheet = 1): string[][] {
  const files = filesIn(workbook);
  const shared = [...(files.get('xl/sharedStrings.xml') ?? '').matchAll(/<si>(?:<t[^>]*>([^<]*)<\/t>)<\/si>/g)];
  const texts = shared.map(([, text = '']) => plain(text));
  const rows = [...(files.get(`xl/worksheets/sheet${sheet}.xml`) ?? '').matchAll(/<row [^>]*>(.*?)<\/row>/gs)];
  return rows.map(([, row = '']) => {
    const cells: string[] = [];
    for (const [, column = '', attributes = '', inner = ''] of row.matchAll(
      /<c r="([A-Z]+)\d+"([^>]*?)(?:\/>|>(.*?)<\/c>)/gs,
    )) {
      const value = /<v>([^<]*)<\/v>/.exec(inner)?.[1] ?? '';
      cells[column.charCodeAt(0) - 65] = attributes.includes('t="s"') ? (texts[Number(value)] ?? '?') : plain(value);
    }
    return Array.from(cells, (cell) => cell ?? '');
  });
}

/** The day behind the number by which spreadsheets count days. */
export const dayOfSerial = (serial: string): string =>
  new Date(Date.UTC(1899, 11, 30) + Number(serial) * 86_400_000).toISOString().slice(0, 10);
