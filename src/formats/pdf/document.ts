/**
 * A tagged PDF (ISO 32000-1, PDF/UA-1: ISO 14289-1): every word and picture belongs to a structure element that a screen
 * reader announces, in reading order, and whatever is only decoration is marked as such.
 *
 * Two ways to place things: in the flow, from the top of the page down, with page breaks; or in a box given in points
 * from the top left corner. Nothing is kept but the current page: `output` is read while the document is written.
 */
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { type FontName, fontOf, printable } from './fonts.js';
import { pdfkit } from './pdfkit.js';
import { drawTable, type PdfTable } from './table.js';

/** A4 in points. */
export const A4 = { width: 595.28, height: 841.89 } as const;
export const POINTS_PER_MM = 72 / 25.4;

export interface PdfOptions {
  /** Shown in the window's title; no personal data. */
  readonly title: string;
  readonly subject?: string;
  readonly author?: string;
  /** Stated in the metadata; given, so that the same content is the same file. */
  readonly createdAt: Date;
  /** Margin of all four sides, in points; 56 when absent. */
  readonly margin?: number;
  /** Printed at the foot of each page as decoration, from its number. */
  readonly footer?: (page: number) => string;
}

/** Where a piece stands, in points from the top left corner of the page; in the flow when absent. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

export interface TextOptions {
  readonly box?: Box;
  /** Language of this piece when it is not French, such as `en-GB`. */
  readonly lang?: string;
  readonly font?: FontName;
  readonly size?: number;
  readonly align?: 'left' | 'center' | 'right' | 'justify';
  /** `#rrggbb`. */
  readonly color?: string;
}

export interface FigureOptions {
  /** What the picture says, in words: compulsory, a figure without it is silent to a blind person. */
  readonly alt: string;
  readonly box: Box & { readonly height: number };
  readonly lang?: string;
}

type Element = PDFKit.PDFStructureElement;

const HEADING_SIZES = [16, 12.5, 10.5] as const;
const INK = '#000000';
/** Bytes written and not yet read. */
const HIGH_WATER = 65_536;

export class TaggedPdf {
  private readonly doc: PDFKit.PDFDocument;
  private readonly root: Element;
  private parent: Element;
  private pages = 0;

  constructor(private readonly options: PdfOptions) {
    const margin = options.margin ?? 56;
    this.doc = new (pdfkit())({
      pdfVersion: '1.7',
      subset: 'PDF/UA',
      tagged: true,
      lang: 'fr-FR',
      displayTitle: true,
      size: [A4.width, A4.height],
      margin,
      autoFirstPage: false,
      // pdfkit writes these into XML as they are.
      info: {
        Title: xmlSafe(options.title),
        ...(options.subject && { Subject: xmlSafe(options.subject) }),
        Author: xmlSafe(options.author ?? 'Lancette'),
        Creator: 'Lancette',
        Producer: 'Lancette',
        CreationDate: options.createdAt,
      },
    } as object);
    this.doc.on('pageAdded', () => this.footer());
    this.root = this.doc.struct('Document');
    this.doc.addStructure(this.root);
    this.parent = this.root;
    this.setFont('body', 10);
    this.doc.addPage();
  }

  /** The file, to be read while it is written: piped to an answer, or collected by `bytes`. */
  get output(): Readable {
    return this.doc as unknown as Readable;
  }

  /** What is written inside is announced as one part, such as the English half of a page. */
  section(write: () => void, lang?: string): this {
    const outer = this.parent;
    const section = this.doc.struct('Sect', lang ? { lang } : {});
    outer.add(section);
    this.parent = section;
    try {
      write();
    } finally {
      section.end();
      this.parent = outer;
    }
    return this;
  }

  /** @param level 1 to 3; a level is not skipped */
  heading(level: 1 | 2 | 3, text: string, options: TextOptions = {}): this {
    const size = HEADING_SIZES[level - 1];
    return this.text(`H${level}`, text, { font: 'bold', size, ...options });
  }

  paragraph(text: string, options: TextOptions = {}): this {
    return this.text('P', text, options);
  }

  /** One item a line, each with its mark. */
  list(items: readonly string[], options: Omit<TextOptions, 'box'> = {}): this {
    const list = this.doc.struct('L', options.lang ? { lang: options.lang } : {});
    this.parent.add(list);
    for (const item of items) {
      const entry = this.doc.struct('LI');
      list.add(entry);
      entry.add(this.piece('LBody', `•  ${item}`, options));
      entry.end();
    }
    list.end();
    return this;
  }

  /** A table in the flow, its first row repeated on each page; rows may come from a stream. */
  table(table: PdfTable): this {
    drawTable(this.doc, this.parent, table, (font, size) => this.setFont(font, size));
    return this;
  }

  /** A picture drawn by hand: `draw` is given the pen, at the origin of the page. */
  figure(options: FigureOptions, draw: (pen: PDFKit.PDFDocument) => void): this {
    const { x, y, width, height } = options.box;
    const bbox: [number, number, number, number] = [x, y, x + width, y + height];
    const figure = this.doc.struct(
      'Figure',
      { alt: options.alt, bbox, placement: 'Block', ...(options.lang && { lang: options.lang }) } as object,
      [() => draw(this.doc)],
    );
    this.parent.add(figure);
    return this;
  }

  /** Lines and backgrounds: seen, and not announced. */
  decoration(draw: (pen: PDFKit.PDFDocument) => void): this {
    this.doc.markContent('Artifact', { type: 'Layout' });
    this.doc.save();
    draw(this.doc);
    this.doc.restore();
    this.doc.endMarkedContent();
    return this;
  }

  /** Room in the flow, in points. */
  space(points: number): this {
    this.doc.y += points;
    return this;
  }

  /** Where the flow stands on its page, in points from the top. */
  get y(): number {
    return this.doc.y;
  }

  get pageCount(): number {
    return this.pages;
  }

  newPage(): this {
    this.doc.addPage();
    return this;
  }

  /** Resolves when the reader has taken what is written: awaited between the parts of a long document, memory stays flat. */
  async drained(): Promise<void> {
    while (this.output.readableLength > HIGH_WATER && !this.output.destroyed) await setTimeout(2);
  }

  /** Writes the end of the file; nothing can be added then. */
  end(): void {
    this.root.end();
    this.doc.end();
  }

  /** Ends the document and answers it whole. */
  async bytes(): Promise<Buffer> {
    const parts: Buffer[] = [];
    this.end();
    for await (const part of this.output) parts.push(part as Buffer);
    return Buffer.concat(parts);
  }

  private text(type: string, text: string, options: TextOptions): this {
    this.parent.add(this.piece(type, text, options));
    return this;
  }

  private piece(type: string, text: string, options: TextOptions): Element {
    const { font = 'body', size = 10, align = 'left', color = INK, box } = options;
    const write = () => {
      this.setFont(font, size);
      this.doc.fillColor(color);
      const shown = printable(text, font);
      if (box) this.doc.text(shown, box.x, box.y, { width: box.width, align });
      else this.doc.text(shown, this.doc.page.margins.left, this.doc.y, { align });
    };
    return this.doc.struct(type, options.lang ? { lang: options.lang } : {}, [write]);
  }

  private setFont(font: FontName, size: number): void {
    this.doc.font(fontOf(font) as unknown as string).fontSize(size);
  }

  private footer(): void {
    this.pages += 1;
    const { footer } = this.options;
    if (!footer) return;
    const { x, y, page } = this.doc;
    const { bottom, left } = page.margins;
    // Below the margin pdfkit would begin another page.
    page.margins.bottom = 0;
    this.decoration(() => {
      this.setFont('body', 8);
      this.doc.fillColor(INK).text(printable(footer(this.pages), 'body'), left, page.height - bottom / 2 - 8, {
        lineBreak: false,
      });
    });
    page.margins.bottom = bottom;
    this.doc.x = x;
    this.doc.y = y;
  }
}

function xmlSafe(text: string): string {
  return text.replaceAll('&', 'et').replace(/[<>\p{C}]/gu, '');
}
