import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DemoIssuer } from '../../src/auth/issuer.js';
import { type Config, newKeys, readConfig } from '../../src/config.js';
import { systemClock as clock } from '../../src/kernel/clock.js';
import { LIMITS } from '../../src/law/limits.js';
import { aRegister, as, type Register } from '../builders/a-register.js';
import { aKey, anRsaKey } from '../builders/a-token.js';

let register: Register;
beforeAll(async () => {
  register = await aRegister();
});
afterAll(() => register.close());

describe('issuers', () => {
  const production = (): Config => ({
    ...register.config,
    issuer: { kind: 'production', id: register.config.issuer.id },
  });

  it('of a demonstration do not exist beside a production issuer', () => {
    expect(() => new DemoIssuer(production(), clock)).toThrow(/does not exist/);
  });

  it('of a demonstration are not believed by production, even under its name', async () => {
    const token = await new DemoIssuer(register.config, clock).tokenFor(as('SPF'));
    const another = await register.serve({ config: production() });
    const answer = await another.post({
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ __typename }' }),
    });
    expect(answer.status).toBe(401);
  });
  it('of production do not start without a key of their own', async () => {
    const { issuer: _, ...keys } = register.config.keys;
    await expect(register.serve({ config: { ...production(), keys } })).rejects.toThrow('keys: issuer is missing');
  });
  it.each([
    ['nonsense', 'x'],
    ['a key on another curve', aKey('P-384').export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['an RSA key', anRsaKey().export({ type: 'pkcs8', format: 'pem' }).toString()],
  ])('do not start with %s', async (_, pem) => {
    const keys = { ...register.config.keys, issuer: { current: '1', keys: { '1': pem } } };
    await expect(register.serve({ config: { ...production(), keys } })).rejects.toThrow('issuer.keys.1 is no P-256');
  });
});

describe('the configuration', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-config-'));
  const keysFile = (content: unknown, mode = 0o600): string => {
    const file = path.join(folder, `keys-${Math.abs(mode)}-${JSON.stringify(content).length}.json`);
    writeFileSync(file, JSON.stringify(content));
    chmodSync(file, mode);
    return file;
  };
  const production = { LANCETTE_ISSUER: 'https://i.example' };

  it.each([
    ['PORT', { PORT: 'secret-port' }],
    ['PORT', { PORT: '70000' }],
    ['LANCETTE_LOG_LEVEL', { LANCETTE_LOG_LEVEL: 'secret-level' }],
    ['LANCETTE_ISSUER', { LANCETTE_ISSUER: 'secret' }],
    ['LANCETTE_ISSUER', { LANCETTE_ISSUER: 'http://secret.example' }],
    ['LANCETTE_ISSUER', { LANCETTE_ISSUER: 'https://secret.example/' }],
    ['LANCETTE_ISSUER', { LANCETTE_ISSUER: 'https://secret.example/path' }],
    ['LANCETTE_ISSUER', { LANCETTE_ISSUER: 'https://user:secret@i.example' }],
    ['LANCETTE_ISSUER', { LANCETTE_ISSUER: 'javascript:secret' }],
    ['LANCETTE_CERTIFICATE_HEADER', { LANCETTE_CERTIFICATE_HEADER: 'secret header' }],
    ['LANCETTE_TLS_KEY_FILE', { LANCETTE_TLS_CERTIFICATE_FILE: 'secret' }],
    ['LANCETTE_JWKS_URL', { LANCETTE_JWKS_URL: 'https://secret.example/' }],
    ['LANCETTE_KEYS_FILE', production],
  ])('refuses a bad %s by its name, and never tells its value', (name, environment) => {
    const message = messageOf(() => readConfig({ LANCETTE_DATA: folder, ...environment }));
    expect(message).toContain(name);
    expect(message).not.toMatch(/secret|70000/);
  });

  it('refuses keys that others may read', () => {
    const file = keysFile(newKeys(), 0o644);
    expect(messageOf(() => readConfig({ LANCETTE_KEYS_FILE: file }))).toMatch(/chmod 600/);
  });

  it.each(['nirIndex', 'cursors', 'roles', 'sealing', 'pseudonyms', 'attestation'])(
    'refuses keys without %s, and never tells another',
    (name) => {
      const keys = newKeys();
      const message = messageOf(() => readConfig({ LANCETTE_KEYS_FILE: keysFile({ ...keys, [name]: undefined }) }));
      expect(message).toContain(name);
      expect(message).not.toContain(keys.roles);
    },
  );

  it('refuses a production without a key for its tokens, or whose current key is not there', () => {
    const { issuer: _, ...none } = newKeys();
    const adrift = { ...newKeys(), issuer: { current: '2', keys: { '1': 'secret' } } };
    const start = (keys: object) => messageOf(() => readConfig({ ...production, LANCETTE_KEYS_FILE: keysFile(keys) }));
    expect(start(none)).toContain('keys: issuer is missing');
    expect(start(adrift)).toBe('keys: issuer: current names no key');
    expect(start(newKeys())).toBe('');
  });

  it('refuses a key that is too short', () => {
    const file = keysFile({ ...newKeys(), nirIndex: 'c2hvcnQ' });
    expect(messageOf(() => readConfig({ LANCETTE_KEYS_FILE: file }))).toMatch(/nirIndex: at least 32 bytes/);
  });

  it('reads other figures from the file of limits, and refuses one that names none of the law’s', () => {
    const limits = (content: string) => {
      const file = path.join(folder, `limits-${content.length}.json`);
      writeFileSync(file, content);
      return readConfig({ LANCETTE_DATA: folder, LANCETTE_LIMITS_FILE: file }).limits;
    };
    const read = limits('{"gridMilliseconds":400,"disclosures":{"principalHour":{"points":20}}}');
    expect([read?.gridMilliseconds, read?.disclosures.principalHour.points]).toEqual([400, 20]);
    expect(read?.disclosures.principalDay).toEqual(LIMITS.disclosures.principalDay);
    expect(readConfig({ LANCETTE_DATA: folder }).limits).toBeUndefined();
    expect(messageOf(() => limits('{"gridMillisecond":400}'))).toMatch(/^limits: /);
    expect(messageOf(() => limits('{"gridMilliseconds":"secret"}'))).toMatch(/^limits: gridMilliseconds(?!.*secret)/);
    expect(messageOf(() => limits('secret'))).toBe('limits: the file is not JSON');
    expect(messageOf(() => readConfig({ LANCETTE_LIMITS_FILE: path.join(folder, 'none') }))).toMatch(/ENOENT|limits/);
  });

  it('of a demonstration makes its own keys once, for its owner only', () => {
    const first = readConfig({ LANCETTE_DATA: path.join(folder, 'demo') });
    const second = readConfig({ LANCETTE_DATA: path.join(folder, 'demo') });
    expect(first.issuer.kind).toBe('demo');
    expect(second.keys).toEqual(first.keys);
  });

  const messageOf = (act: () => unknown): string => {
    try {
      act();
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
});
