/**
 * The codes that a PDF shows. What is drawn is read, not what a file might carry beside it: dark rectangles, of which our
 * own codes are made, are drawn again as a picture; photographs (JPEG) are taken as they are.
 */
import { inflateSync } from 'node:zlib';
import { type ReadCode, readCodes, readPixels } from '../barcode-reader.js';

/** Bounds on what a hostile file can make us do. */
const MAX_FILE = 20_000_000;
const MAX_STREAM = 20_000_000;
const MAX_RECTANGLES = 200_000;
/** Pixels a point: a module of our codes is at least a point wide. */
const SCALE = 3;
/** Side of the picture in points: an A4 page fits. */
const SIDE = 850;

interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** @returns none when it is no PDF, or shows no code */
export async function codesOfPdf(file: Buffer): Promise<ReadCode[]> {
  if (!file.subarray(0, 5).equals(Buffer.from('%PDF-')) || file.length > MAX_FILE) return [];
  const found: ReadCode[] = [];
  for (const { dictionary, bytes } of streamsOf(file)) {
    if (dictionary.includes('/DCTDecode')) found.push(...(await readCodes(bytes)));
    else found.push(...(await codesOfContent(dictionary, bytes)));
  }
  return found;
}

function* streamsOf(file: Buffer): Generator<{ dictionary: string; bytes: Buffer }> {
  for (let at = file.indexOf('stream'); at >= 0; at = file.indexOf('stream', at)) {
    const begin = at + (file[at + 6] === 13 ? 8 : 7);
    const end = file.indexOf('endstream', begin);
    if (end < 0) return;
    const dictionary = file.subarray(Math.max(0, file.lastIndexOf(' obj', at)), at).toString('latin1');
    yield { dictionary, bytes: file.subarray(begin, end) };
    at = end + 9;
  }
}

async function codesOfContent(dictionary: string, bytes: Buffer): Promise<ReadCode[]> {
  if (/\/(Subtype|Type|Length1|FontFile)/.test(dictionary)) return [];
  const content = dictionary.includes('/FlateDecode') ? inflated(bytes) : bytes;
  const rectangles = content ? rectanglesOf(content.toString('latin1')) : [];
  return rectangles.length < 50 ? [] : readPixels(picture(rectangles));
}

function inflated(bytes: Buffer): Buffer | undefined {
  try {
    return inflateSync(bytes, { maxOutputLength: MAX_STREAM });
  } catch {
    return undefined;
  }
}

type Matrix = readonly [number, number, number, number, number, number];
const IDENTITY: Matrix = [1, 0, 0, 1, 0, 0];

/** Every `re` of a content stream, in points of the page from its lower left corner. */
function rectanglesOf(content: string): Rectangle[] {
  const rectangles: Rectangle[] = [];
  const saved: Matrix[] = [];
  let matrix = IDENTITY;
  let numbers: number[] = [];
  for (const [token] of content.matchAll(/[^\s[\]()<>]+/g)) {
    const number = Number(token);
    if (!Number.isNaN(number)) numbers.push(number);
    else {
      if (token === 'q') saved.push(matrix);
      else if (token === 'Q') matrix = saved.pop() ?? IDENTITY;
      else if (token === 'cm') matrix = product(numbers.slice(-6), matrix);
      else if (token === 're') rectangles.push(placed(numbers.slice(-4), matrix));
      numbers = [];
      if (rectangles.length > MAX_RECTANGLES || saved.length > 1000) return [];
    }
  }
  return rectangles;
}

function product(given: readonly number[], [a, b, c, d, e, f]: Matrix): Matrix {
  const [g = 1, h = 0, i = 0, j = 1, k = 0, l = 0] = given;
  return [g * a + h * c, g * b + h * d, i * a + j * c, i * b + j * d, k * a + l * c + e, k * b + l * d + f];
}

function placed(given: readonly number[], [a, , , d, e, f]: Matrix): Rectangle {
  const [x = 0, y = 0, width = 0, height = 0] = given;
  const [left, right] = [a * x + e, a * (x + width) + e].sort((one, other) => one - other) as [number, number];
  const [low, high] = [d * y + f, d * (y + height) + f].sort((one, other) => one - other) as [number, number];
  return { x: left, y: low, width: right - left, height: high - low };
}

/** Grey levels, row by row from the top. */
function picture(rectangles: readonly Rectangle[]): { data: Uint8ClampedArray; width: number; height: number } {
  const side = SIDE * SCALE;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  const pixel = (points: number) => Math.min(side, Math.max(0, Math.round(points * SCALE)));
  for (const { x, y, width, height } of rectangles) {
    // A rectangle as large as a page is its background.
    if (width > SIDE / 2 && height > SIDE / 2) continue;
    const [left, right] = [pixel(x), pixel(x + width)];
    for (let row = pixel(SIDE - y - height); row < pixel(SIDE - y); row += 1)
      for (let column = left; column < right; column += 1)
        data.fill(0, (row * side + column) * 4, (row * side + column) * 4 + 3);
  }
  return { data, width: side, height: side };
}
