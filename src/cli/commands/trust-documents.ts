import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Manifest, TrustedDocument } from '../../endpoint/trusted-documents.js';
import { RECIPIENT_IDS, type Recipient } from '../../law/recipients.js';
import type { CommandContext } from '../context.js';
import { SessionFailure } from '../session.js';

const TEXTS = {
  fr: {
    description: 'Signe les documents GraphQL que les tableaux de bord internes peuvent demander',
    folder: 'dossier d’un sous-dossier par portée (pilotage/*.graphql)',
    out: 'manifeste à écrire ; sa signature est écrite à côté, en .jws',
    json: 'écrit un objet JSON',
    done: 'documents signés',
  },
  en: {
    description: 'Signs the GraphQL documents that first-party dashboards may ask for',
    folder: 'folder of one folder per scope (pilotage/*.graphql)',
    out: 'manifest to write; its signature is written beside it, as .jws',
    json: 'write a JSON object',
    done: 'documents signed',
  },
} as const;

/** `lancette trust-documents <folder> --out <file>`: each document is checked against the view it is for, then all are signed. */
export function trustDocuments(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('trust-documents')
    .description(texts.description)
    .argument('<folder>', texts.folder)
    .requiredOption('--out <file>', texts.out)
    .option('--json', texts.json)
    .action(async (folder: string, { out, json }: { out: string; json?: true }) => {
      const manifest = await signed(folder, out);
      const ids = Object.keys(manifest.documents);
      context.print(json ? JSON.stringify({ documents: ids }) : [...ids, `${ids.length} ${texts.done}`].join('\n'));
    });
}

/** @throws SessionFailure naming the file or the key at fault; nothing is written then */
async function signed(folder: string, out: string): Promise<Manifest> {
  try {
    await import('reflect-metadata');
    const { readConfig } = await import('../../config.js');
    const { signManifest } = await import('../../endpoint/trusted-documents.js');
    const privateKey = readConfig(process.env).keys.trustedDocuments?.privateKey;
    if (!privateKey) throw new Error('keys: trustedDocuments.privateKey is missing');
    const manifest: Manifest = { version: 1, documents: await documentsIn(folder) };
    const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
    const signature = await signManifest(bytes, privateKey);
    writeFileSync(out, bytes);
    writeFileSync(`${out}.jws`, `${signature}\n`);
    return manifest;
  } catch (error) {
    throw new SessionFailure(error instanceof Error ? error.message : 'no manifest', { cause: error });
  }
}

async function documentsIn(folder: string): Promise<Record<string, TrustedDocument>> {
  const { documentId, requireValid } = await import('../../endpoint/trusted-documents.js');
  const { fullSchema } = await import('../../schema.js');
  const { viewOf } = await import('../../access/views.js');
  const schema = fullSchema();
  const documents: Record<string, TrustedDocument> = {};
  for (const { recipient, file } of filesOf(folder)) {
    const document = readFileSync(file, 'utf8');
    const id = documentId(document);
    requireValid(id, { recipients: [recipient], document }, (one) => viewOf(schema, one));
    documents[id] = { recipients: [...(documents[id]?.recipients ?? []), recipient], document };
  }
  return documents;
}

function filesOf(folder: string): { recipient: Recipient; file: string }[] {
  const scopes = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return scopes.flatMap(({ name }) => {
    const recipient = RECIPIENT_IDS.find((id) => id === name.toUpperCase().replaceAll('-', '_'));
    if (!recipient) throw new Error(`${name} is the scope of no recipient`);
    const files = readdirSync(path.join(folder, name)).filter((file) => file.endsWith('.graphql'));
    return files.sort().map((file) => ({ recipient, file: path.join(folder, name, file) }));
  });
}
