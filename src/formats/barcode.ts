/** The two images of a certificate: QR code (ISO/IEC 18004) and Data Matrix (ISO/IEC 16022). */
import type bwipjs from 'bwip-js';
import { lazily } from './lazily.js';

const bwip = lazily<typeof bwipjs>('bwip-js');

/** A square of modules, without its quiet zone. */
export interface Modules {
  readonly size: number;
  isDark(x: number, y: number): boolean;
}

interface Symbol {
  readonly bcid: 'qrcode' | 'datamatrix';
  readonly text: string;
  readonly eclevel?: 'Q';
  readonly c40headerlength?: number;
}

/** Blank modules around the symbol: four for a QR code, and at least one, here two, for a Data Matrix. */
export const QUIET_ZONE = { qrcode: 4, datamatrix: 2 } as const;

/** Error level Q (DOMAIN §3.1); a certificate is of the alphanumeric alphabet, so the mode follows. */
const qr = (text: string): Symbol => ({ bcid: 'qrcode', text, eclevel: 'Q' });
/** C40 from the first character to the last (DOMAIN §4). */
const dataMatrix = (text: string): Symbol => ({ bcid: 'datamatrix', text, c40headerlength: text.length });

export const qrModules = (text: string): Modules => modulesOf(qr(text));
export const dataMatrixModules = (text: string): Modules => modulesOf(dataMatrix(text));

/** PNG with its quiet zone. @param scale pixels a module */
export const qrImage = (text: string, scale = 4): Promise<Buffer> => imageOf(qr(text), scale);
export const dataMatrixImage = (text: string, scale = 4): Promise<Buffer> => imageOf(dataMatrix(text), scale);

function modulesOf(symbol: Symbol): Modules {
  const [matrix] = bwip().raw(symbol as never) as unknown as [{ pixs: number[]; pixx: number; pixy: number }];
  const { pixs, pixx, pixy } = matrix;
  if (pixx !== pixy) throw new RangeError('barcode: not a square');
  return { size: pixx, isDark: (x, y) => pixs[y * pixx + x] === 1 };
}

function imageOf(symbol: Symbol, scale: number): Promise<Buffer> {
  const padding = QUIET_ZONE[symbol.bcid];
  return bwip().toBuffer({ ...symbol, scale, padding, backgroundcolor: 'FFFFFF' } as never);
}
