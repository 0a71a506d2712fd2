/** Tables of a tagged PDF: header cells announce their column, rows are never cut by the end of a page. */
import { type FontName, printable } from './fonts.js';

export interface PdfTable {
  /** Sum of the widths, in points, at most that of the page between its margins. */
  readonly columns: readonly { readonly title: string; readonly width: number }[];
  readonly rows: Iterable<readonly string[]>;
  /** In points; 9 when absent. */
  readonly size?: number;
  /** Language of the table when it is not French. */
  readonly lang?: string;
  /** Left edge in points; the margin when absent. */
  readonly x?: number;
  /** The first cell of each row names the row. */
  readonly rowHeaders?: boolean;
}

type Document = PDFKit.PDFDocument;
type SetFont = (font: FontName, size: number) => void;

const PADDING = 3;

/** @throws RangeError when a row is higher than a page, or has other cells than the columns */
export function drawTable(doc: Document, parent: PDFKit.PDFStructureElement, table: PdfTable, setFont: SetFont): void {
  const element = doc.struct('Table', table.lang ? { lang: table.lang } : {});
  parent.add(element);
  const pen = new TablePen(doc, table, setFont);
  const titles = table.columns.map(({ title }) => title);
  pen.row(titles, 'bold', (write) => element.add(rowElement(doc, write, () => 'TH', 'Column')));
  for (const cells of table.rows) {
    if (cells.length !== titles.length) throw new RangeError('pdf: a row has other cells than the columns');
    pen.breakBefore(cells, titles);
    const type = (index: number) => (table.rowHeaders && index === 0 ? 'TH' : 'TD');
    pen.row(cells, 'body', (write) => element.add(rowElement(doc, write, type, 'Row')));
  }
  element.end();
}

/** One cell's drawing, by its index. */
type WriteCell = readonly (() => void)[];

function rowElement(
  doc: Document,
  cells: WriteCell,
  typeOf: (index: number) => string,
  scope: 'Column' | 'Row',
): PDFKit.PDFStructureElement {
  const row = doc.struct('TR');
  cells.forEach((write, index) => {
    const type = typeOf(index);
    row.add(doc.struct(type, (type === 'TH' ? { scope } : {}) as object, [write]));
  });
  row.end();
  return row;
}

class TablePen {
  private readonly size: number;

  constructor(
    private readonly doc: Document,
    private readonly table: PdfTable,
    private readonly setFont: SetFont,
  ) {
    this.size = table.size ?? 9;
  }

  row(cells: readonly string[], font: FontName, add: (write: WriteCell) => void): void {
    const { doc } = this;
    const height = this.heightOf(cells, font);
    const left = this.table.x ?? doc.page.margins.left;
    const top = doc.y;
    let x = left;
    const write = cells.map((cell, index) => {
      const at = x;
      const width = this.table.columns[index]?.width ?? 0;
      x += width;
      return () => {
        this.setFont(font, this.size);
        doc
          .fillColor('#000000')
          .text(printable(cell, font), at + PADDING, top + PADDING, { width: width - 2 * PADDING });
      };
    });
    add(write);
    this.rule(left, top + height, x - left);
    doc.x = doc.page.margins.left;
    doc.y = top + height;
  }

  /** A new page with the titles again, as decoration: they were announced once. */
  breakBefore(cells: readonly string[], titles: readonly string[]): void {
    const { doc } = this;
    const height = this.heightOf(cells, 'body');
    if (doc.y + height <= doc.page.height - doc.page.margins.bottom) return;
    doc.addPage();
    this.row(titles, 'bold', (write) => {
      doc.markContent('Artifact', { type: 'Layout' });
      for (const draw of write) draw();
      doc.endMarkedContent();
    });
    if (doc.y + height > doc.page.height - doc.page.margins.bottom)
      throw new RangeError('pdf: a row is higher than a page');
  }

  private heightOf(cells: readonly string[], font: FontName): number {
    this.setFont(font, this.size);
    const heights = cells.map((cell, index) =>
      this.doc.heightOfString(printable(cell, font), {
        width: (this.table.columns[index]?.width ?? 0) - 2 * PADDING,
      }),
    );
    return Math.max(...heights) + 2 * PADDING;
  }

  private rule(x: number, y: number, width: number): void {
    const { doc } = this;
    doc.markContent('Artifact', { type: 'Layout' });
    doc.save().lineWidth(0.4).strokeColor('#666666').moveTo(x, y);
    doc
      .lineTo(x + width, y)
      .stroke()
      .restore();
    doc.endMarkedContent();
  }
}
