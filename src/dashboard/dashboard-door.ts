import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Door, DoorAnswer, DoorRequest } from '../read/door.js';
import { isKnown, tagOf } from '../read/entity-tag.js';
import { labelsModule } from './labels.js';

export const DASHBOARD_PATH = '/tableau-de-bord';

/** Beside the sources, not below `dist`: the browser gets these files as they are written. */
const FOLDER = path.resolve(import.meta.dirname, '../../../src/dashboard/page');

const SCRIPT = 'text/javascript; charset=utf-8';
const STYLE = 'text/css; charset=utf-8';

/** Everything that is served, and nothing else: an address never becomes the name of a file. */
const FILES = {
  'index.html': 'text/html; charset=utf-8',
  'theme.css': STYLE,
  'style.css': STYLE,
  'map.css': STYLE,
  'charts.css': STYLE,
  'media.css': STYLE,
  'icon.svg': 'image/svg+xml',
  'main.js': SCRIPT,
  'state.js': SCRIPT,
  'feed.js': SCRIPT,
  'words.js': SCRIPT,
  'markup.js': SCRIPT,
  'header.js': SCRIPT,
  'filters.js': SCRIPT,
  'place.js': SCRIPT,
  'figures.js': SCRIPT,
  'regions.js': SCRIPT,
  'map.js': SCRIPT,
  'twin.js': SCRIPT,
  'scale.js': SCRIPT,
  'curve.js': SCRIPT,
  'reader.js': SCRIPT,
  'curves.js': SCRIPT,
  'flow.js': SCRIPT,
} as const;

/** The page runs what this origin wrote, asks this origin, and sits in no frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = {
  'Content-Security-Policy': POLICY,
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  // The page is the same for everybody and holds no figure: a browser may keep it, and asks each time whether it changed.
  'Cache-Control': 'no-cache',
};

interface Form {
  readonly body: Buffer;
  readonly etag: string;
}

/** A file as it is, and compressed once for whoever can read that: the page holds no secret that its length could tell. */
interface Served {
  readonly type: string;
  readonly plain: Form;
  readonly gzip: Form;
}

/**
 * `GET /tableau-de-bord` and its assets below it. Open to all: the page holds no figure, the doors that it reads decide who
 * sees which.
 */
export class DashboardDoor implements Door {
  private readonly served: ReadonlyMap<string, Served>;

  /** @throws when a file of the page is missing: nothing is served then */
  constructor() {
    const assets = Object.entries(FILES).map(
      ([name, type]) => [`${DASHBOARD_PATH}/${name}`, servedAs(type, readFileSync(path.join(FOLDER, name)))] as const,
    );
    const page = assets.find(([address]) => address.endsWith('/index.html'));
    this.served = new Map([
      ...assets.filter((asset) => asset !== page),
      [DASHBOARD_PATH, (page as (typeof assets)[number])[1]],
      [`${DASHBOARD_PATH}/labels.js`, servedAs(SCRIPT, Buffer.from(labelsModule()))],
    ]);
  }

  /** The addresses that answer. */
  get addresses(): readonly string[] {
    return [...this.served.keys()];
  }

  async answer({ method, path: asked, headers }: DoorRequest): Promise<DoorAnswer | undefined> {
    const found = method === 'GET' || method === 'HEAD' ? this.served.get(asked) : undefined;
    if (!found) return undefined;
    const { type, plain, gzip } = found;
    const packed = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(String(headers['accept-encoding'] ?? ''));
    const { body, etag } = packed ? gzip : plain;
    const known = { ...HEADERS, ETag: etag, Vary: 'Accept-Encoding' };
    return isKnown(headers['if-none-match'], etag)
      ? { status: 304, type, body: '', headers: known }
      : { status: 200, type, body, headers: { ...known, ...(packed && { 'Content-Encoding': 'gzip' }) } };
  }
}

const servedAs = (type: string, body: Buffer): Served => ({
  type,
  plain: formOf(body),
  gzip: formOf(gzipSync(body, { level: 9 })),
});

const formOf = (body: Buffer): Form => ({ body, etag: tagOf(body) });
