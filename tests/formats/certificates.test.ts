import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { readBarcodes } from 'zxing-wasm/reader';
import { dataMatrixImage, dataMatrixModules, qrImage, qrModules } from '../../src/formats/barcode.js';
import { readCodes } from '../../src/formats/barcode-reader.js';
import { decodeBase32, encodeBase32 } from '../../src/formats/base32.js';
import { signLocally } from '../../src/formats/dcc/cose.js';
import { type CertificateRequest, encodeCertificate } from '../../src/formats/dcc/issue.js';
import { schemaFault } from '../../src/formats/dcc/schema.js';
import { isNameOf, spellingsOf } from '../../src/formats/dcc/transliteration.js';
import { type TrustedKey, verifyCertificate } from '../../src/formats/dcc/verify.js';
import { draftTwoDDoc, type TwoDDocRequest } from '../../src/formats/two-d-doc/issue.js';
import { dayOfHex, hexDay } from '../../src/formats/two-d-doc/layout.js';
import { verifyTwoDDoc } from '../../src/formats/two-d-doc/verify.js';
import { readBySecondImplementation } from '../builders/a-second-dcc-reader.js';

const SEED = { seed: 2020_1690 };
const FLIPS = process.env.LANCETTE_SOAK ? 10_000 : 300;
const ISSUED = new Date('2022-01-03T10:00:00Z');
const NOW = new Date('2022-06-01T00:00:00Z');
const EXPIRES = new Date('2023-01-03T10:00:00Z');
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const KID = Buffer.from('lancette');

const GS = '\x1d';
const RS = '\x1e';
const US = '\x1f';

describe('the EU certificate', () => {
  it('is issued under PS256 by an RSA key, and under nothing by an unfit one', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const signer = { kid: KID, algorithm: 'PS256' as const, notAfter: EXPIRES, privateKey: rsa.privateKey };
    const text = encodeCertificate(aRequest({ signer }));
    expect(verifyCertificate(text, () => [rsa.publicKey], NOW).valid).toBe(true);
    expect(verifyCertificate(text, () => [publicKey], NOW)).toMatchObject({ reason: 'SIGNATURE' });
    const refused = expect.objectContaining({ code: 'SIGNER_KEY' });
    expect(() => encodeCertificate(aRequest({ signer: { ...signer, algorithm: 'ES256' } }))).toThrow(refused);
    expect(() => encodeCertificate(aRequest({ signer: { ...signer, privateKey } }))).toThrow(refused);
  });

  it.each(['ES256', 'PS256'] as const)('reads the same in a second implementation, %s', async (algorithm) => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pair = algorithm === 'ES256' ? { privateKey, publicKey } : rsa;
    const text = encodeCertificate(aRequest({ signer: { ...aRequest().signer, algorithm, ...pair } }));
    const read = verifyCertificate(text, () => [pair.publicKey], NOW);
    expect(await readBySecondImplementation(text, pair.publicKey)).toEqual(read.valid && read.payload);
    const other = algorithm === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey : undefined;
    if (other) await expect(readBySecondImplementation(text, other)).rejects.toThrow();
  });

  const trusted = (rest: Partial<TrustedKey>) => [{ key: publicKey, ...rest }];
  it.each([
    ['all when its signer names no usage', {}, undefined],
    ['a vaccination by a signer of vaccinations', { usages: new Set(['v'] as const) }, undefined],
    ['nothing by a signer of tests', { usages: new Set(['t', 'r'] as const) }, 'KEY_USAGE'],
    ['what lies within its signer’s validity', { notBefore: ISSUED, notAfter: EXPIRES }, undefined],
    ['nothing issued before', { notBefore: new Date(ISSUED.getTime() + 1) }, 'SIGNER_PERIOD'],
    ['nothing once its signer has ended', { notAfter: new Date(NOW.getTime() - 1) }, 'SIGNER_PERIOD'],
    ['nothing issued after its end', { notAfter: new Date(ISSUED.getTime() - 1) }, 'SIGNER_PERIOD'],
  ])('attests %s', (_, rest, reason) => {
    const read = verifyCertificate(encodeCertificate(aRequest()), () => trusted(rest), NOW);
    expect(read.valid ? undefined : read.reason).toBe(reason);
  });

  it('follows the schema of its payload, which says where it would not', () => {
    const read = verifyCertificate(encodeCertificate(aRequest()), () => [publicKey], NOW);
    if (!read.valid) throw new Error(read.reason);
    expect(schemaFault(read.payload)).toBeUndefined();
    const entry = read.payload.v?.[0];
    const broken: [string, object][] = [
      ['ver', { ver: '1.3' }],
      ['dob', { dob: '1962-7' }],
      ['nam', { nam: { fn: 'A' } }],
      ['nam.fnt', { nam: { fnt: 'a' } }],
      ['nam.gn', { nam: { fnt: 'A', gn: 'x'.repeat(81) } }],
      ['v', { v: [] }],
      ['v', { t: [{}] }],
      ['v.0.dn', { v: [{ ...entry, dn: 0 }] }],
      ['v.0.dt', { v: [{ ...entry, dt: '2021-12' }] }],
      ['v.0.ci', { v: [{ ...entry, ci: undefined }] }],
      ['t.0.tg', { v: undefined, t: [{}] }],
    ];
    for (const [path, change] of broken) expect(schemaFault({ ...read.payload, ...change })).toBe(path);
    expect(schemaFault('text')).toBe('payload');
  });

  it('is that of a person by either spelling of the name', () => {
    expect(spellingsOf('Mäel')).toEqual(['MAEEL', 'MAEL']);
    expect(isNameOf('MAEL', 'Mäel') && isNameOf('MAEEL', 'Mäel')).toBe(true);
    expect(isNameOf('MAELLE', 'Mäel') || isNameOf('', '王')).toBe(false);
    expect(isNameOf('E'.repeat(80), 'É'.repeat(90))).toBe(true);
  });
});

/** DOMAIN §4, verified by the key published with it. */
const SAMPLE_KEY = createPublicKey({
  key: Buffer.from(
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqY8NfM1igIiTvsTUNuedGDSh1uAB1w8cTNzNnZ4v4in3JAUU6N3AypjQx0QMnMSShJoPvac/w5L02grgf4TCPA==',
    'base64',
  ),
  format: 'der',
  type: 'spki',
});
const SAMPLE = [
  `DC04FR0000011E6D1E6DL101FRL0THEOULE SUR MER${GS}L1JEAN PAUL${GS}L231051962L3COVID-19${GS}L4J07BX03${GS}`,
  `L5COMIRNATY PFIZER/BIONTECH${GS}L6COMIRNATY PFIZER/BIONTECH${GS}L71L82L901032021LACO${US}`,
  '32T2SI2RUMPDLBHAFSBDF2CUE7GI4NR5WC3NSBEU6AZ7QZJZCPMCTXTVIDZAKEYO7237SQ2ZPOCMZKG7U3Q2LIMPPVJMA7TQAAKC5DY',
].join('');

describe('the 2D-DOC attestation (L1, version 04)', () => {
  it('reads and verifies the official sample', () => {
    const read = verifyTwoDDoc(SAMPLE, (authority, certificate) =>
      authority + certificate === 'FR000001' ? { key: SAMPLE_KEY } : undefined,
    );
    expect(read).toEqual({
      valid: true,
      header: {
        authority: 'FR00',
        certificate: '0001',
        emittedOn: new Date('2021-04-29T00:00:00Z'),
        signedOn: new Date('2021-04-29T00:00:00Z'),
      },
      fields: {
        L0: 'THEOULE SUR MER',
        L1: 'JEAN PAUL',
        L2: '31051962',
        L3: 'COVID-19',
        L4: 'J07BX03',
        L5: 'COMIRNATY PFIZER/BIONTECH',
        L6: 'COMIRNATY PFIZER/BIONTECH',
        L7: '1',
        L8: '2',
        L9: '01032021',
        LA: 'CO',
      },
    });
  });

  it('writes the official sample’s own words, for the same person and day', () => {
    const text = signed2dDoc({
      familyName: 'Théoule-sur-Mer',
      firstNames: ['Jean Paul'],
      birthDate: '1962-05-31',
      doseNumber: 1,
      seriesDoses: 2,
      date: '2021-03-01',
      issuedAt: new Date('2021-04-29T10:00:00Z'),
    });
    expect(text.split(US)[0]).toBe(SAMPLE.split(US)[0]);
    expect(verified2dDoc(text)).toMatchObject({ valid: true, fields: { LA: 'CO' } });
  });

  it('says TE when the series is over, keeps lunar dates, and marks a name that it cuts', () => {
    const text = signed2dDoc({ birthDate: '1950-00-00', familyName: 'É'.repeat(90), doseNumber: 3, seriesDoses: 3 });
    expect(text).toContain(`L0${'E'.repeat(79)}${RS}L1`);
    expect(verified2dDoc(text)).toMatchObject({
      fields: { LA: 'TE', L7: '3', L8: '3', L2: '00001950', L0: 'E'.repeat(79) },
    });
    const full = signed2dDoc({ familyName: 'E'.repeat(80) });
    expect(full).toContain(`L0${'E'.repeat(80)}L1`);
    expect(verified2dDoc(full)).toMatchObject({ fields: { L0: 'E'.repeat(80) } });
    expect(verified2dDoc(signed2dDoc({ firstNames: ['Zoé', 'Anne-Marie'] }))).toMatchObject({
      fields: { L1: 'ZOE/ANNE MARIE' },
    });
  });

  it.each([
    ['HEADER', SAMPLE.slice(1)],
    ['HEADER', SAMPLE.replace('DC04', 'DC03')],
    ['DOCUMENT', SAMPLE.replace('L101FR', 'B201FR')],
    ['STRUCTURE', SAMPLE.replace(US, '')],
    ['STRUCTURE', SAMPLE.slice(0, -1)],
    ['STRUCTURE', `${SAMPLE}${GS}ANNEX`],
    ['STRUCTURE', `${SAMPLE.slice(0, -1)}Z`],
    ['UNKNOWN_SIGNER', SAMPLE.replace('FR000001', 'FR000002')],
    ['SIGNATURE', SAMPLE.replace('JEAN PAUL', 'JEAN POUL')],
    ['STRUCTURE', SAMPLE.replace('JEAN PAUL', 'JEAN PAU\u014c')],
  ])('refuses for %s', (reason, text) => {
    const read = verifyTwoDDoc(text, (_, certificate) => (certificate === '0001' ? { key: SAMPLE_KEY } : undefined));
    expect(read).toEqual({ valid: false, reason });
  });

  it('belongs to a signer who was in office on the day that the header states', () => {
    const text = signed2dDoc({});
    const at = (notBefore: string, notAfter: string) =>
      verifyTwoDDoc(text, () => ({ key: publicKey, notBefore: new Date(notBefore), notAfter: new Date(notAfter) }));
    expect(at('2022-01-03T09:00:00Z', '2022-01-03T11:00:00Z').valid).toBe(true);
    expect(at('2022-01-04T00:00:00Z', '2023-01-01T00:00:00Z')).toMatchObject({ reason: 'SIGNER_PERIOD' });
    expect(at('2021-01-01T00:00:00Z', '2022-01-02T23:59:59Z')).toMatchObject({ reason: 'SIGNER_PERIOD' });
  });

  it('counts days since the year 2000', () => {
    expect(hexDay(new Date('2021-04-29T23:59:59Z'))).toBe('1E6D');
    expect(dayOfHex('1E6D')).toEqual(new Date('2021-04-29T00:00:00Z'));
    expect(dayOfHex('FFFF')).toBeUndefined();
    expect(() => hexDay(new Date('1999-12-31'))).toThrow(RangeError);
  });

  it('signs in base32 that has one text for each signature', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(decodeBase32(encodeBase32(bytes))).toEqual(Buffer.from(bytes));
      }),
      SEED,
    );
    expect(encodeBase32(Buffer.from('foobar'))).toBe('MZXW6YTBOI');
    for (const text of ['MZXW6YTBOJ', 'MZXW6YTBO', 'mzxw', 'A', '1111']) expect(decodeBase32(text)).toBeUndefined();
  });
});

describe('names that would deceive (SECURITY A66)', () => {
  it.each([
    ['a group separator', `DUPONT${GS}L1PIERRE`],
    ['a record separator', `DUPONT${RS}`],
    ['a unit separator', `DUPONT${US}AAAA`],
    ['a null', 'DU\u0000PONT'],
    ['a line end', 'DUPONT\nNEE DURAND'],
    ['a direction override', 'DU\u202ePONT'],
    ['a zero-width joiner', 'DU\u200dPONT'],
    ['a tag character', 'DUPONT\u{e0041}'],
    ['a Cyrillic letter among Latin ones', 'DU\u0420ONT'],
    ['a Greek letter among Latin ones', 'DUP\u039fNT'],
    ['no letter', '\u738b'],
  ])('%s is signed in neither code', (_, familyName) => {
    const refused = expect.objectContaining({ code: 'NAME' });
    expect(() => encodeCertificate(aRequest({ name: { familyName } }))).toThrow(refused);
    expect(() => draftTwoDDoc(aTwoDDoc({ familyName, firstNames: [] }))).toThrow(refused);
  });

  it('any name that is signed is read back as itself, in its field and in no other', () => {
    const letters = fc.constantFrom(...'ABÉéñßŁ -’/.1L0', GS, RS, '\u202e');
    const name = fc.string({ unit: letters, minLength: 1, maxLength: 12 });
    let signed = 0;
    fc.assert(
      fc.property(name, name, (familyName, first) => {
        const text = tried(() => signed2dDoc({ familyName, firstNames: [first] }));
        if (text === undefined) return;
        signed += 1;
        const read = verified2dDoc(text);
        expect(read.valid && read.fields.L0).toMatch(/^[A-Z ]*$/);
        expect(read).toMatchObject({ valid: true, fields: { L2: '01071962', L7: '3', L8: '3' } });
      }),
      { ...SEED, numRuns: 400 },
    );
    expect(signed).toBeGreaterThan(20);
  });
});

describe('the images', () => {
  it('are read by an independent decoder as they were signed', async () => {
    const dcc = encodeCertificate(aRequest());
    const twoDDoc = signed2dDoc({});
    expect(await readCodes(await qrImage(dcc))).toEqual([{ kind: 'QRCode', text: dcc }]);
    expect(await readCodes(await dataMatrixImage(twoDDoc))).toEqual([{ kind: 'DataMatrix', text: twoDDoc }]);
    expect(await readCodes(await dataMatrixImage(SAMPLE))).toEqual([{ kind: 'DataMatrix', text: SAMPLE }]);
    expect(await readCodes(Buffer.from('not a picture'))).toEqual([]);
    const [qr] = await readBarcodes(new Uint8Array(await qrImage(dcc, 5)), { formats: ['QRCode'] });
    // Four blank modules around it.
    expect([qr?.ecLevel, qr?.position.topLeft]).toEqual(['Q', { x: 20, y: 20 }]);
  });

  it('have their modules once, and their quiet zone', () => {
    const modules = qrModules(encodeCertificate(aRequest()));
    expect((modules.size - 17) % 4).toBe(0);
    // A finder pattern: seven dark modules, then a light one.
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((x) => modules.isDark(x, 0))).toEqual([...Array(7).fill(true), false]);
    const matrix = dataMatrixModules(SAMPLE);
    expect([...Array(matrix.size).keys()].every((y) => matrix.isDark(0, y))).toBe(true);
  });
});

describe('a code with one bit flipped', () => {
  it(`is accepted in none of ${FLIPS} cases, of either kind`, () => {
    const dcc = encodeCertificate(aRequest());
    const twoDDoc = signed2dDoc({});
    const accepted: number[] = [];
    const isAccepted = [
      (text: string) => verifyCertificate(text, () => [publicKey], NOW).valid,
      (text: string) => verified2dDoc(text).valid,
    ];
    for (let flip = 0; flip < FLIPS; flip += 1) {
      const text = [dcc, twoDDoc][flip % 2] as string;
      const place = Math.floor(((flip * 0.618_034) % 1) * text.length);
      const code = text.charCodeAt(place) ^ (1 << (Math.floor(flip / 2) % 8));
      const flipped = text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1);
      if (isAccepted[flip % 2]?.(flipped)) accepted.push(flip);
    }
    expect(accepted).toEqual([]);
  });
});

function aRequest(changes: Partial<CertificateRequest> = {}): CertificateRequest {
  return {
    name: { familyName: 'Lefèvre-Œuvrard', givenNames: 'Zoé Marie' },
    birthDate: '1962-07-01',
    issuedAt: ISSUED,
    expiresAt: EXPIRES,
    vaccination: {
      product: 'EU/1/20/1528',
      doseNumber: 3,
      seriesDoses: 3,
      date: '2021-12-28',
      issuer: 'CNAM',
      uvci: 'URN:UVCI:01:FR:TESTLANCETTE1#8',
    },
    signer: { kid: KID, privateKey, notAfter: EXPIRES },
    ...changes,
  };
}

function aTwoDDoc(changes: Partial<TwoDDocRequest>): TwoDDocRequest {
  return {
    familyName: 'Lefèvre-Œuvrard',
    firstNames: ['Zoé', 'Marie'],
    birthDate: '1962-07-01',
    product: 'EU/1/20/1528',
    doseNumber: 3,
    seriesDoses: 3,
    date: '2021-12-28',
    signer: { authority: 'FR00', certificate: '0001', notAfter: EXPIRES },
    issuedAt: ISSUED,
    ...changes,
  };
}

function signed2dDoc(changes: Partial<TwoDDocRequest>, key: KeyObject = privateKey): string {
  const { message, finish } = draftTwoDDoc(aTwoDDoc(changes));
  return finish(signLocally('ES256', key, message));
}

const verified2dDoc = (text: string) => verifyTwoDDoc(text, () => ({ key: publicKey }));

/** What a call answers, or undefined when it refuses. */
function tried<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined;
  }
}
