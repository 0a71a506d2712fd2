import { existsSync, readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Judged } from '../../areas/attestation/verdict.js';
import type { Keys } from '../../signing/keyring.js';
import { type CommandContext, withSession } from '../context.js';
import { SessionFailure } from '../session.js';

const TEXTS = {
  fr: {
    description: 'Vérifie un certificat : texte du code, image, ou PDF. Rien n’est enregistré.',
    input: 'texte du code (HC1:… ou DC04…), ou fichier : texte, image, PDF',
    trustList: 'liste de confiance (GET /trust-list) ; sans elle, les clés de ce registre',
    revocations: 'liste de révocation signée (GET /revocations), une part par ligne',
    json: 'écrit un objet JSON par code',
    none: 'aucun code lisible',
    unreadable: 'fichier illisible, ou liste que personne de confiance n’a signée',
    verdicts: {
      VALID: 'valable',
      EXPIRED: 'expiré',
      REVOKED: 'révoqué',
      UNKNOWN_SIGNER: 'signataire inconnu',
      BROKEN: 'altéré ou illisible',
    },
  },
  en: {
    description: 'Verifies a certificate: text of the code, picture, or PDF. Nothing is stored.',
    input: 'text of the code (HC1:… or DC04…), or file: text, picture, PDF',
    trustList: 'trust list (GET /trust-list); without it, the keys of this register',
    revocations: 'signed revocation list (GET /revocations), one part a line',
    json: 'write one JSON object a code',
    none: 'no readable code',
    unreadable: 'unreadable file, or a list that nobody trusted has signed',
    verdicts: {
      VALID: 'valid',
      EXPIRED: 'expired',
      REVOKED: 'revoked',
      UNKNOWN_SIGNER: 'unknown signer',
      BROKEN: 'broken',
    },
  },
} as const;

interface Options {
  readonly trustList?: string;
  readonly revocations?: string;
  readonly json?: true;
}

interface Basis {
  readonly keys: Keys;
  readonly isRevoked: (entry: Buffer) => Promise<boolean>;
}

/** `lancette verify <code|file>`: 0 when every code is valid, 1 otherwise. */
export function verify(program: Command, context: CommandContext): void {
  const texts = TEXTS[context.language];
  program
    .command('verify')
    .description(texts.description)
    .argument('<code>', texts.input)
    .option('--trust-list <file>', texts.trustList)
    .option('--revocations <file>', texts.revocations)
    .option('--json', texts.json)
    .action(async (input: string, options: Options) => {
      const codes = await codesIn(input);
      if (codes.length === 0) throw new SessionFailure(texts.none);
      const judged = await withBasis(context, options, async (basis) => {
        const { judge } = await import('../../areas/attestation/verdict.js');
        return Promise.all(codes.map((code) => judge({ code, now: new Date(), ...basis })));
      });
      for (const one of judged) context.print(options.json ? JSON.stringify(one) : told(one, texts.verdicts));
      const failed = judged.find(({ verdict }) => verdict !== 'VALID');
      if (failed) throw new SessionFailure(texts.verdicts[failed.verdict]);
    });
}

/** The text itself, or what the file holds. */
async function codesIn(input: string): Promise<string[]> {
  if (/^(HC1:|DC0\d)/.test(input) || !existsSync(input)) return [input];
  const bytes = readFileSync(input);
  const { codesOfPdf } = await import('../../formats/pdf/codes.js');
  const { readCodes } = await import('../../formats/barcode-reader.js');
  if (bytes.subarray(0, 5).toString() === '%PDF-') return (await codesOfPdf(bytes)).map(({ text }) => text);
  const text = bytes.toString('latin1').replace(/\r?\n$/, '');
  if (/^(HC1:|DC0\d)/.test(text)) return [text];
  return (await readCodes(bytes)).map((code) => code.text);
}

async function withBasis<T>(context: CommandContext, options: Options, work: (basis: Basis) => Promise<T>): Promise<T> {
  if (options.trustList) return work(await basisOfFiles(context, { ...options, trustList: options.trustList }));
  return withSession(context, async ({ config, database }) => {
    const { signingKeys } = await import('../../signing/open.js');
    const { RevocationList } = await import('../../areas/attestation/revocation-list.js');
    const { roleOf } = await import('../../access/grants.js');
    const keys = signingKeys(config);
    const list = new RevocationList(database.pool(roleOf('revocations')), keys);
    return work({ keys, isRevoked: (entry) => list.has(entry) });
  });
}

/** No register is opened: a verifier has the lists and nothing else. @throws SessionFailure */
async function basisOfFiles(
  { language }: CommandContext,
  { trustList, revocations }: Options & { readonly trustList: string },
): Promise<Basis> {
  const { keysOfTrustList } = await import('../../signing/trust-list.js');
  const { verifyJws } = await import('../../signing/jws.js');
  const { REVOCATION_TYPE } = await import('../../areas/attestation/revocation-list.js');
  try {
    const keys = keysOfTrustList(readFileSync(trustList, 'utf8'));
    const revoked = new Set<string>();
    for (const jws of revocations ? readFileSync(revocations, 'utf8').trim().split('\n') : []) {
      const part = verifyJws(keys, REVOCATION_TYPE, jws.trim()) as { entries: string[] } | undefined;
      if (!part) throw new Error('unsigned');
      for (const entry of part.entries) revoked.add(entry);
    }
    return { keys, isRevoked: async (entry) => revoked.has(entry.toString('base64url')) };
  } catch (error) {
    throw new SessionFailure(TEXTS[language].unreadable, { cause: error });
  }
}

/** The verdict first; then what was signed, which whoever holds the code may read anyway. */
function told({ kind, verdict, reason, statement }: Judged, verdicts: Record<Judged['verdict'], string>): string {
  const line = [kind, verdicts[verdict], reason && `(${reason})`].filter(Boolean).join(' ');
  return statement ? `${line}\n${JSON.stringify(statement, null, 2)}` : line;
}
