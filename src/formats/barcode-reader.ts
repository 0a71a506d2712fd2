/** Reads the codes of a picture (PNG, JPEG, …), by the independent decoder zxing-cpp: nothing here writes them. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

let prepared: Promise<unknown> | undefined;

/** The decoder comes with its package: by itself it would ask the network for it. */
function prepare(): Promise<unknown> {
  prepared ??= prepareZXingModule({
    overrides: { wasmBinary: wasm() },
    fireImmediately: true,
  });
  return prepared;
}

function wasm(): ArrayBuffer {
  const file = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
  return new Uint8Array(readFileSync(file)).buffer;
}

export interface ReadCode {
  readonly kind: 'QRCode' | 'DataMatrix';
  /** What the code holds, byte by byte: separators are characters, not their names. */
  readonly text: string;
}

/** Every QR code and Data Matrix of a picture; none when it is no picture. */
export const readCodes = (image: Uint8Array): Promise<ReadCode[]> => read(image);

/** The same of a picture as pixels (RGBA). */
export const readPixels = (image: { data: Uint8ClampedArray; width: number; height: number }): Promise<ReadCode[]> =>
  read(image as never);

async function read(image: Uint8Array): Promise<ReadCode[]> {
  await prepare();
  try {
    const found = await readBarcodes(image, { formats: ['QRCode', 'DataMatrix'], tryHarder: true });
    return found
      .filter(({ isValid }) => isValid)
      .map(({ symbology, bytes }) => ({
        kind: symbology === 'DataMatrix' ? 'DataMatrix' : 'QRCode',
        text: Buffer.from(bytes).toString('latin1'),
      }));
  } catch {
    return [];
  }
}
