import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pkcs11Binding } from '../../src/signing/pkcs11.js';

export const SOFTHSM = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'].find(
  existsSync,
);
export const PIN = '123456';

/** @returns why no PKCS#11 token can be made here; undefined where one can */
export function missingForToken(): string | undefined {
  if (!SOFTHSM) return 'softhsm2 is not installed (apt-get install softhsm2)';
  try {
    pkcs11Binding();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** A fresh token « lancette » of this test's own, in a folder that nobody else knows. @returns its configuration file */
export function aSigningToken(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'lancette-token-'));
  const conf = path.join(folder, 'softhsm2.conf');
  writeFileSync(conf, `directories.tokendir = ${folder}\nobjectstore.backend = file\nlog.level = ERROR\n`);
  const args = ['--init-token', '--free', '--label', 'lancette', '--so-pin', '654321', '--pin', PIN];
  const { status, stderr } = spawnSync('softhsm2-util', args, {
    encoding: 'utf8',
    env: { ...process.env, SOFTHSM2_CONF: conf },
  });
  if (status !== 0) throw new Error(stderr);
  return conf;
}
