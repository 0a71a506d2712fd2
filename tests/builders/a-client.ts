import { execFileSync } from 'node:child_process';
import { createHash, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { CommandContext } from '../../src/cli/context.js';
import { type ExitCode, runProgram } from '../../src/cli/program.js';
import { systemClock } from '../../src/kernel/clock.js';
import type { Answer, Endpoint, Register } from './a-register.js';
import { publicJwk } from './a-token.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-clients-'));
let files = 0;

/** A file with this content, in a folder of the run. */
export function aFile(content: string, ending = 'json'): string {
  files += 1;
  const file = path.join(folder, `${files}.${ending}`);
  writeFileSync(file, content);
  return file;
}

export interface Ran {
  readonly code: ExitCode;
  readonly said: string;
}

/** Runs one command line on this register, as an operator does. */
export async function operator(register: Register, ...args: string[]): Promise<Ran> {
  const lines: string[] = [];
  const context: CommandContext = {
    language: 'fr',
    openDatabase: async () => ({ ...register, clock: systemClock, close: async () => undefined }),
    print: (line) => lines.push(line),
    tell: (line) => lines.push(line),
    isTerminal: false,
  };
  const code = await runProgram(args, context);
  return { code, said: lines.join('\n') };
}

/** The file of a client's public keys, by their names. */
export const aJwksFile = (keys: Readonly<Record<string, KeyObject>>): string => aFile(JSON.stringify(jwksOf(keys)));

export const jwksOf = (keys: Readonly<Record<string, KeyObject>>): object => ({
  keys: Object.entries(keys).map(([kid, key]) => ({ ...publicJwk(key), kid, use: 'sig' })),
});

/** Declares a client and fails unless it is. */
export async function declare(register: Register, id: string, ...options: string[]): Promise<void> {
  const { code, said } = await operator(register, 'declare-client', '--id', id, ...options);
  if (code !== 0) throw new Error(said);
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly thumbprint: string;
  readonly der: Buffer;
}

/** A self-signed certificate made by openssl. */
export function aCertificate(name: string): Certificate {
  const [cert, key] = [path.join(folder, `${name}.crt`), path.join(folder, `${name}.key`)];
  const ask = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650'];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...ask, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const der = new X509Certificate(readFileSync(cert)).raw;
  return {
    cert: readFileSync(cert, 'utf8'),
    key: readFileSync(key, 'utf8'),
    thumbprint: createHash('sha256').update(der).digest('base64url'),
    der,
  };
}

/** Sends a token request: a form, or whatever is given. */
export async function askToken(
  endpoint: Endpoint,
  form: Readonly<Record<string, string>> | string,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = typeof form === 'string' ? form : new URLSearchParams(form).toString();
  const response = await fetch(new URL('/token', endpoint.url), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}
