import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Dispatch, OutgoingMessage, Sender } from './sender.js';

/** A message that a demonstration would have sent. */
export interface OutboxEntry extends OutgoingMessage {
  readonly channel: string;
}

const MOST_SHOWN = 200;

/** In a demonstration nothing leaves the machine: each message becomes a file of a folder, shown on a local page. */
export class Outbox {
  constructor(private readonly folder: string) {}

  /** The sender of one channel. */
  sender(channel: string): Sender {
    return {
      repeatable: true,
      send: (message) => this.keep({ ...message, channel }),
      close: async () => undefined,
    };
  }

  async entries(): Promise<OutboxEntry[]> {
    const names = await readdir(this.folder).catch(() => []);
    const files = names.filter((name) => name.endsWith('.json')).sort();
    return Promise.all(
      files.slice(0, MOST_SHOWN).map(async (name) => JSON.parse(await readFile(path.join(this.folder, name), 'utf8'))),
    );
  }

  /** A page without script, style sheet, or anything from elsewhere. */
  async page(): Promise<string> {
    const entries = await this.entries();
    const articles = entries.map(
      ({ channel, to, subject, text }) =>
        `<article><h2>${escaped(channel)} · ${escaped(to)}</h2><p><strong>${escaped(subject)}</strong></p><pre>${escaped(text)}</pre></article>`,
    );
    return `<!doctype html><html lang="fr"><meta charset="utf-8"><title>Boîte d’envoi</title>
<style>${OUTBOX_STYLE}</style><main><h1>Boîte d’envoi de la démonstration</h1>
<p>${entries.length} message(s) : rien n’a quitté cette machine.</p>${articles.join('\n')}</main></html>\n`;
  }

  private async keep(entry: OutboxEntry): Promise<Dispatch> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    const file = path.join(this.folder, `${entry.reference}.json`);
    await writeFile(`${file}.partial`, JSON.stringify(entry, null, 2), { mode: 0o600 });
    await rename(`${file}.partial`, file);
    return 'SENT';
  }
}

const OUTBOX_STYLE =
  'body{font-family:system-ui,sans-serif;margin:2rem auto;max-width:46rem;padding:0 1rem}article{border-top:1px solid;padding:.5rem 0}pre{white-space:pre-wrap}';

/** Nothing but this very style sheet: no script, no request, no frame. */
export const OUTBOX_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(OUTBOX_STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
