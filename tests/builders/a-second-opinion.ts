import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const ID = ['--id-attr:ID', 'urn:oasis:names:tc:SAML:2.0:assertion:Assertion'];

/** Whether xmlsec1 is on this machine; without it the comparison is skipped, and says so. */
export function hasSecondOpinion(): boolean {
  try {
    execFileSync('xmlsec1', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    process.stderr.write('xmlsec1 is not on PATH: no second opinion on signatures (Debian: apt-get install xmlsec1)\n');
    return false;
  }
}

/** What xmlsec1 says of the signature, with this certificate and no other key. */
export function secondOpinion(xml: string, pem: string): boolean {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-xmlsec-'));
  try {
    writeFileSync(path.join(folder, 'a.xml'), xml);
    writeFileSync(path.join(folder, 'a.pem'), pem);
    execFileSync('xmlsec1', ['--verify', '--pubkey-cert-pem', 'a.pem', ...ID, 'a.xml'], {
      cwd: folder,
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
