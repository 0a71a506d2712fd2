/** Makes a key in a token, certifies it into a folder of keys, and signs forty messages by that folder; run as a process. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FolderKeyring, writeKeyFile } from '../../src/signing/folder.js';
import { newTokenKeyFile } from '../../src/signing/new-keys.js';
import { generateTokenKey } from '../../src/signing/pkcs11.js';

const [library = '', folder = '', pin = ''] = process.argv.slice(2);
const now = new Date();
const later = new Date(now.getTime() + 60_000);
const place = { kind: 'pkcs11', library, token: 'lancette', key: 'dcc-1' } as const;
const passphrase = readFileSync(path.join(folder, 'passphrase'));
const authority = new FolderKeyring({ folder, passphrase }).current('authority', later);
const handle = generateTokenKey(place, pin);
const activeFrom = new Date(now.getTime() + 1000);
const file = await newTokenKeyFile({ purpose: 'dcc', now, activeFrom }, handle, place, authority);
writeKeyFile(folder, 'dcc-token', file);
const key = new FolderKeyring({ folder, passphrase, pin }).current('dcc', later);
// Asked for together, one signature at a time in its session.
const messages = Array.from({ length: 40 }, (_, n) => Buffer.from(`message ${n}`));
const signatures = await Promise.all(messages.map((message) => key.sign(message)));
const spki = key.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
process.stdout.write(
  JSON.stringify({ spki, signatures: signatures.map((one) => Buffer.from(one).toString('base64')) }),
);
