import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { csvLine } from '../formats/csv.js';
import { TaggedPdf } from '../formats/pdf/document.js';
import type { LetterSettings } from './settings.js';

/** One letter: a page of the merged file and a line of the list. */
export interface Letter {
  readonly reference: string;
  /** Name and postal address, a line each. */
  readonly address: readonly string[];
  readonly subject: string;
  readonly code: string;
  readonly paragraphs: readonly string[];
}

export interface LetterBatch {
  readonly id: string;
  /** Day printed on the letters, `YYYY-MM-DD`. */
  readonly day: string;
  readonly letters: readonly Letter[];
}

export const LETTER_COLUMNS = ['reference', 'page', 'line1', 'line2', 'line3', 'line4', 'line5', 'line6'] as const;
const ADDRESS_LINES = 6;
/** Where a window envelope shows the address, in points. */
const WINDOW = { x: 312, y: 128, width: 227 };

/**
 * Files for the print chain: in one folder a batch, named by its identifier, `letters.pdf` (one page a letter, tagged),
 * `letters.csv` (the list, in the pages' order) and `SHA256SUMS`. The folder appears whole or not at all; what the print
 * chain has once seen under an identifier it never prints again (docs/invitations.md).
 */
export class LetterFolder {
  constructor(private readonly settings: LetterSettings) {}

  /** Whether the batch is already there for the print chain. */
  has(id: string): boolean {
    return existsSync(this.folderOf(id));
  }

  /** @returns the SHA-256 of each file */
  async write(batch: LetterBatch): Promise<Record<string, string>> {
    const folder = this.folderOf(batch.id);
    const unfinished = `${folder}.partial`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    const sums = {
      'letters.pdf': await this.writePdf(path.join(unfinished, 'letters.pdf'), batch),
      'letters.csv': await writeList(path.join(unfinished, 'letters.csv'), batch),
    };
    const lines = Object.entries(sums).map(([name, sum]) => `${sum}  ${name}\n`);
    await writeDurably(path.join(unfinished, 'SHA256SUMS'), Buffer.from(lines.join('')));
    await rename(unfinished, folder);
    return sums;
  }

  private folderOf(id: string): string {
    return path.join(this.settings.folder, id);
  }

  /** Page by page: memory holds one of them. */
  private async writePdf(file: string, { day, letters }: LetterBatch): Promise<string> {
    const pdf = new TaggedPdf({ title: 'Invitations', createdAt: new Date(`${day}T00:00:00Z`) });
    const hash = createHash('sha256');
    const handle = await open(file, 'w', 0o600);
    const writing = (async () => {
      for await (const part of pdf.output) {
        hash.update(part as Buffer);
        await handle.write(part as Buffer);
      }
      await handle.sync();
    })();
    try {
      for (const [at, letter] of letters.entries()) {
        if (at > 0) pdf.newPage();
        this.writeLetter(pdf, letter, day);
        await pdf.drained();
      }
      pdf.end();
      await writing;
    } finally {
      await handle.close();
    }
    return hash.digest('hex');
  }

  private writeLetter(pdf: TaggedPdf, { address, subject, code, paragraphs }: Letter, day: string): void {
    pdf.section(() => {
      pdf.paragraph(this.settings.sender.join('\n'), { box: { x: 56, y: 56, width: 240 } });
      pdf.paragraph(address.join('\n'), { box: WINDOW });
      pdf.paragraph(`Le ${day.split('-').reverse().join('/')}`, { box: { x: 312, y: 240, width: 227 } });
      pdf.heading(1, subject, { box: { x: 56, y: 280, width: 483 } });
      pdf.space(12).paragraph(`Votre code personnel : ${code}`, { font: 'bold', size: 13 });
      for (const paragraph of paragraphs) pdf.space(9).paragraph(paragraph);
    });
  }
}

async function writeList(file: string, { letters }: LetterBatch): Promise<string> {
  const lines = letters.map(({ reference, address }, at) => {
    const cells = Array.from({ length: ADDRESS_LINES }, (_, line) => address[line] ?? '');
    return csvLine([reference, String(at + 1), ...cells]);
  });
  const bytes = Buffer.from(`${[csvLine([...LETTER_COLUMNS]), ...lines].join('\r\n')}\r\n`);
  await writeDurably(file, bytes);
  return createHash('sha256').update(bytes).digest('hex');
}

const writeDurably = (file: string, bytes: Buffer): Promise<void> =>
  writeFile(file, bytes, { mode: 0o600, flush: true });
