import { AUTHENTICATION_MEANS } from '../../src/law/authentication-means.js';
import type { Seal } from '../builders/a-certificate.js';
import {
  AUDIENCE,
  asParameter,
  attribute,
  aVihf,
  CLASSES,
  NOW,
  role,
  type SigningOptions,
  signed,
  TOKEN_ENDPOINT,
  type VihfFields,
} from '../builders/a-vihf.js';
import { aVihfWorld, FINESS, MEANS, type VihfWorld } from '../builders/a-vihf-world.js';

let world: VihfWorld;
beforeAll(async () => {
  world = await aVihfWorld();
});
afterAll(() => world.close());

const genuine = (given: Partial<VihfFields> = {}, options: SigningOptions = {}) =>
  asParameter(signed(aVihf(world.seals.north, FINESS.north, given), world.seals.north, options));
const INVALID = { code: 'INVALID_GRANT' };
const later = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);

/** Refused by the exchange with the one code, and by the verifier for the reason that is meant. */
async function refusal(parameter: string, reason: RegExp): Promise<void> {
  await expect(world.present(parameter)).rejects.toMatchObject(INVALID);
  await expect(world.verify(parameter)).rejects.toThrow(reason);
}

describe('an assertion of a declared establishment', () => {
  it('gives a professional who only consults', async () => {
    expect(await world.present(genuine())).toEqual({
      recipient: 'PS',
      subject: '99700366240',
      establishment: FINESS.north,
      consultationOnly: true,
      professional: {
        rpps: '99700366240',
        familyName: 'DUBOIS',
        firstName: 'HÉLÈNE',
        category: 'MEDECIN',
        structureFiness: FINESS.north,
      },
    });
  });

  it('is exchanged by the grant of RFC 7522', () => {
    expect(world.exchange.grantType).toBe('urn:ietf:params:oauth:grant-type:saml2-bearer');
    expect(world.exchange.handles()).toBe(true);
  });

  it('is accepted under a renewed seal of the same name', async () => {
    const { renewed } = world.seals;
    await expect(world.present(asParameter(signed(aVihf(renewed, FINESS.north), renewed)))).resolves.toMatchObject({
      establishment: FINESS.north,
    });
  });

  it('is accepted with or without KeyInfo, and with the KeyInfo of anybody: it is not read', async () => {
    await expect(world.present(genuine({}, { keyInfo: null }))).resolves.toBeDefined();
    await expect(world.present(genuine({}, { keyInfo: world.seals.stranger.pem }))).resolves.toBeDefined();
  });

  it('may name the professional as national samples do, with spaces', async () => {
    const { professional } = await world.present(genuine({ subjectId: 'DOC0036624 KIT CABINET M DOC0036624' }));
    expect(professional).toMatchObject({ familyName: 'DOC0036624', firstName: 'KIT' });
  });

  it('may write the profession in the older code system, and the purpose as text', async () => {
    await expect(
      world.present(genuine({ role: role('60', '1.2.250.1.71.1.2.7'), purpose: 'normal' })),
    ).resolves.toMatchObject({ professional: { category: 'INFIRMIER' } });
  });

  it('a register that does not answer is an error of its own, not a bad proof', async () => {
    const broken = world.register.database.pool('lancette_identities');
    const query = broken.query;
    broken.query = (() => Promise.reject(new Error('gone'))) as typeof broken.query;
    await expect(world.present(genuine()).finally(() => (broken.query = query))).rejects.toThrow('gone');
  });
});

describe('single use', () => {
  it('the second time is refused, with the same code', async () => {
    const once = genuine();
    await world.present(once);
    await expect(world.present(once)).rejects.toMatchObject(INVALID);
  });

  it('of a hundred at the same moment one is accepted', async () => {
    const once = genuine();
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => world.present(once)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('the same ID signed again is refused, and under another issuer accepted', async () => {
    const id = '_the-same-0123456789abcdef';
    await world.present(genuine({ id }));
    await expect(world.present(genuine({ id, more: attribute('LPS_Nom', 'x') }))).rejects.toMatchObject(INVALID);
    const { south } = world.seals;
    const other = aVihf(south, FINESS.south, { id, declaration: 'CARTE_ETS' });
    await expect(world.present(asParameter(signed(other, south)))).resolves.toBeDefined();
  });

  it('is remembered until the assertion could no longer be accepted', async () => {
    const { until } = await world.verify(genuine({ until: 100, confirmedUntil: 90 }));
    expect(until).toEqual(later(105));
  });
});

describe('the connection', () => {
  const through = (certificate: string) => world.present(genuine(), { certificate });
  it('with a certificate declared for the same FINESS · accepted', async () => {
    await expect(through(world.seals.northTls.thumbprint)).resolves.toBeDefined();
  });
  it('with another establishment’s certificate · refused', async () => {
    await expect(through(world.seals.southTls.thumbprint)).rejects.toMatchObject(INVALID);
  });
  it('with the seal itself · refused', async () => {
    await expect(through(world.seals.north.thumbprint)).rejects.toMatchObject(INVALID);
  });
  it('with an unknown certificate · refused', async () => {
    await expect(through('')).rejects.toMatchObject(INVALID);
    await expect(through(world.seals.stranger.thumbprint)).rejects.toMatchObject(INVALID);
  });
});

describe('time, at the tolerance of five seconds', () => {
  const rows: [string, Partial<VihfFields>, boolean][] = [
    ['ended 4 s ago', { from: -200, issued: -200, until: -4, confirmedUntil: -4, authenticated: -210 }, true],
    ['ended 5 s ago', { from: -200, issued: -200, until: -5, confirmedUntil: -5, authenticated: -210 }, false],
    ['begins in 5 s', { from: 5, issued: 0 }, true],
    ['begins in 6 s', { from: 6, issued: 0 }, false],
    ['lasts 300 s', { from: -10, until: 290 }, true],
    ['lasts 301 s', { from: -10, until: 291 }, false],
  ];
  it.each(rows)('%s', async (_title, given, accepted) => {
    const verdict = world.verify(genuine(given));
    await (accepted ? expect(verdict).resolves.toBeDefined() : expect(verdict).rejects.toThrow());
  });
});

const stamp = (seconds: number) => later(seconds).toISOString();

/** Signed by the establishment's true seal, and still not acceptable: what it says is wrong, or how it says it. */
const CLAIMS: [string, Partial<VihfFields> | ((xml: string) => string), RegExp][] = [
  ['expired', { from: -300, issued: -300, until: -60, confirmedUntil: -60 }, /^time/],
  ['for later', { from: 60 }, /^time/],
  ['for an hour', { until: 3_600 }, /^validity/],
  ['for no time', { from: 10, until: 10 }, /^validity/],
  ['ending before it begins', { from: 280, until: -2 }, /^validity/],
  ['without NotBefore', (xml) => xml.replace(/ NotBefore="[^"]*"/, ''), /attribute missing/],
  ['without NotOnOrAfter', (xml) => xml.replace(/(NotBefore="[^"]*") NotOnOrAfter="[^"]*"/, '$1'), /attribute missing/],
  ['without Conditions', (xml) => xml.replace(/<saml:Conditions.*<\/saml:Conditions>/, ''), /element missing/],
  ['in local time', (xml) => xml.replace(stamp(280), stamp(280).slice(0, -1)), /^instant/],
  ['in another time zone', (xml) => xml.replace(stamp(280), `${stamp(280).slice(0, -1)}+02:00`), /^instant/],
  ['on 30 February', (xml) => xml.replace(stamp(-60), '2026-02-30T00:00:00Z'), /^instant/],
  ['at an instant that is none', (xml) => xml.replace(stamp(-60), 'now'), /^instant/],
  ['confirmed until past', { confirmedUntil: -60 }, /confirmation time/],
  ['confirmed for longer than it lasts', { confirmedUntil: 281 }, /confirmation time/],
  ['confirmed for ever', (xml) => xml.replace(/ NotOnOrAfter="[^"]*"( Recipient)/, '$1'), /attribute missing/],
  ['issued in the future', { issued: 60 }, /issue instant/],
  ['issued long ago', { issued: -1_000 }, /issue instant/],
  ['authenticated in the future', { authenticated: 60 }, /authentication in the future/],
  [
    'authenticated after it was issued',
    { issued: -30, from: -30, until: 200, confirmedUntil: 200, authenticated: -10 },
    /authentication in the future/,
  ],
  ['authenticated two hours ago', { authenticated: -7_200 }, /authentication too old/],
  ['for another audience', { audience: 'https://dmp.test' }, /^audience/],
  ['for this audience and more', { audience: `${AUDIENCE}/` }, /^audience/],
  ['for this audience with a space', { audience: ` ${AUDIENCE}` }, /^audience/],
  ['for no audience', { audience: '' }, /^audience/],
  [
    'for two audiences',
    { audience: `${AUDIENCE}</saml:Audience><saml:Audience>https://dmp.test` },
    /element missing or repeated/,
  ],
  ['for another recipient', { recipient: 'https://dmp.test/token' }, /^recipient/],
  ['for this recipient in capitals', { recipient: TOKEN_ENDPOINT.toUpperCase() }, /^recipient/],
  ['for no recipient', { recipient: '' }, /^recipient/],
  [
    'confirmed by the holder of a key',
    { method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' },
    /confirmation method/,
  ],
  ['confirmed by the sender', { method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' }, /confirmation method/],
  ['of SAML 1.1', { version: '1.1' }, /^version/],
  ['of VIHF 2.0', { vihfVersion: '2.0' }, /vihf version/],
  ['of no VIHF version', (xml) => xml.replace(attribute('VIHF_Version', '3.0'), ''), /VIHF_Version/],
  ['of another establishment', { finess: FINESS.south }, /^certificate/],
  ['of an establishment that is not declared', { finess: '920000650' }, /establishment unknown/],
  ['of a FINESS that is none', { finess: '7501001' }, /^structure/],
  ['of a FINESS with a space', { finess: ` ${FINESS.north}` }, /^structure/],
  [
    'of no establishment',
    (xml) => xml.replace(attribute('Identifiant_Structure', FINESS.north), ''),
    /Identifiant_Structure/,
  ],
  [
    'of two establishments',
    (xml) =>
      xml.replace(
        `>${FINESS.north}</saml:AttributeValue>`,
        `>${FINESS.north}</saml:AttributeValue><saml:AttributeValue>${FINESS.south}</saml:AttributeValue>`,
      ),
    /Identifiant_Structure/,
  ],
  ['issued under another name', { issuer: 'CN=evil.test,OU=1,O=X,C=FR' }, /^certificate/],
  [
    'issued under the name the other way round',
    { issuer: 'C=FR,O=HOPITAL D’ESSAI\\, SITE NORD,OU=339172288100052,CN=north.test' },
    /^certificate/,
  ],
  ['issued under no name', { issuer: '' }, /^certificate/],
  [
    'issued under a name of another format',
    { issuerFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:entity' },
    /^issuer/,
  ],
  ['for an RPPS of a wrong key', { nameId: '899700366241' }, /^rpps/],
  ['for an RPPS without prefix', { nameId: '99700366240' }, /^rpps/],
  ['for an RPPS of another prefix', { nameId: '099700366240' }, /^rpps/],
  ['for an RPPS with a space', { nameId: '899700366240 ' }, /^rpps/],
  ['for an ADELI', { nameId: '0751012345' }, /^rpps/],
  ['for nobody', { nameId: '' }, /^rpps/],
  [
    'without a profession',
    (xml) => xml.replace(/<saml:Attribute Name="urn:oasis:names:tc:xacml:2.0:subject:role">.*?<\/saml:Attribute>/, ''),
    /^role/,
  ],
  ['with an empty profession', { role: role('') }, /^role/],
  ['with a profession that does not consult', { role: role('80') }, /^profession/],
  ['with a profession unknown', { role: role('99') }, /^profession/],
  ['with two professions', { role: role('10') + role('60') }, /^role/],
  ['with a speciality only', { role: role('SM26', '1.2.250.1.71.4.2.5') }, /^role/],
  ['with a profession as text', { role: '<saml:AttributeValue>10</saml:AttributeValue>' }, /^role/],
  ['to break the glass', { purpose: 'bris_de_glace' }, /^purpose/],
  [
    'for a purpose of another code system',
    { purpose: '<hl7:PurposeOfUse xmlns:hl7="urn:hl7-org:v3" code="normal" codeSystem="1.2"></hl7:PurposeOfUse>' },
    /^purpose/,
  ],
  [
    'for no purpose',
    (xml) =>
      xml.replace(/<saml:Attribute Name="urn:oasis:names:tc:xspa:1.0:subject:purposeofuse">.*?<\/saml:Attribute>/, ''),
    /purposeofuse/,
  ],
  ['without a name', { subjectId: '' }, /^name/],
  ['with one word for a name', { subjectId: 'DUBOIS' }, /^name/],
  ['with one attribute twice', { more: attribute('VIHF_Version', '3.0') }, /attribute given twice/],
  ['with one attribute twice, in another case', { more: attribute('vihf_version', '3.0') }, /attribute given twice/],
  ['with an attribute name that ends in a space', { more: attribute('VIHF_Version ', '3.0') }, /attribute name/],
  ['with an attribute without a name', { more: attribute('', '3.0') }, /attribute name/],
  ['with a short ID', { id: '_1' }, /^id/],
  ['with an ID that is a query', { id: "_0123456789abcdef'or'1'='1" }, /^id/],
  ['with a role that holds text', (xml) => xml.replace('</hl7:Role>', '21</hl7:Role>'), /mixed content/],
  ['with a role beside text', (xml) => xml.replace('</hl7:Role>', '</hl7:Role>21'), /mixed content/],
  [
    'with a session that outlives it',
    (xml) => xml.replace(' AuthnInstant', ' SessionNotOnOrAfter="2099-01-01T00:00:00Z" AuthnInstant'),
    /^attribute/,
  ],
  [
    'with an encrypted name',
    (xml) => xml.replace(/<saml:NameID>.*<\/saml:NameID>/, '<saml:EncryptedID></saml:EncryptedID>'),
    /element out of place/,
  ],
];

describe('signed by the true seal, and refused', () => {
  it.each(CLAIMS)('%s', async (_title, given, reason) => {
    const { north } = world.seals;
    const xml = typeof given === 'function' ? given(aVihf(north, FINESS.north)) : aVihf(north, FINESS.north, given);
    await refusal(asParameter(signed(xml, north)), reason);
  });
});

const EXC = 'http://www.w3.org/2001/10/xml-exc-c14n#';
const C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const ENVELOPED = 'http://www.w3.org/2000/09/xmldsig#enveloped-signature';

const ALGORITHMS: [string, SigningOptions, RegExp][] = [
  ['RSA with SHA-1', { algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' }, /signature algorithm/],
  ['RSA with SHA-512', { algorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512' }, /signature algorithm/],
  ['RSA-PSS', { algorithm: 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1' }, /signature algorithm/],
  ['a digest by SHA-1', { digest: 'http://www.w3.org/2000/09/xmldsig#sha1' }, /digest algorithm/],
  ['a digest by SHA-512', { digest: 'http://www.w3.org/2001/04/xmlenc#sha512' }, /digest algorithm/],
  ['inclusive canonicalisation', { canonicalization: C14N }, /canonicalisation/],
  ['canonicalisation with comments', { canonicalization: `${EXC}WithComments` }, /canonicalisation/],
  ['an inclusive transform', { transforms: [ENVELOPED, C14N] }, /transforms/],
  ['a transform with comments', { transforms: [ENVELOPED, `${EXC}WithComments`] }, /transforms/],
  ['the transforms the other way round', { transforms: [EXC, ENVELOPED] }, /transforms/],
  ['no canonicalising transform', { transforms: [ENVELOPED] }, /element missing/],
  ['a transform twice', { transforms: [ENVELOPED, ENVELOPED, EXC] }, /element missing or repeated/],
  ['an empty URI', { emptyUri: true }, /^reference/],
  ['a reference to the subject only', { xpath: "//*[local-name(.)='Subject']" }, /attribute/],
  ['a reference to the subject beside', { more: ["//*[local-name(.)='Conditions']"] }, /element missing or repeated/],
];

describe('signed by the true seal in another way, and refused', () => {
  it.each(ALGORITHMS)('%s', async (_title, options, reason) => {
    await refusal(genuine({}, options), reason);
  });

  it('not at all', async () => {
    await refusal(asParameter(aVihf(world.seals.north, FINESS.north)), /element missing/);
  });

  it('with the certificate as the secret of an HMAC', async () => {
    const { north } = world.seals;
    const { createHmac } = await import('node:crypto');
    const xml = signed(aVihf(north, FINESS.north), north);
    for (const method of [
      'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
      'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256',
    ]) {
      for (const secret of [north.pem, north.publicKey]) {
        const confused = xml.replace(/(SignatureMethod Algorithm=")[^"]*/, `$1${method}`);
        const info = /<ds:SignedInfo>.*<\/ds:SignedInfo>/s.exec(confused)?.[0] ?? '';
        const material = info.replace(
          '<ds:SignedInfo>',
          '<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">',
        );
        const value = createHmac(method.slice(-4) === 'sha1' ? 'sha1' : 'sha256', secret)
          .update(material)
          .digest('base64');
        await refusal(asParameter(confused.replace(/(<ds:SignatureValue>)[^<]*/, `$1${value}`)), /signature algorithm/);
      }
    }
  });

  it('with the method of an elliptic curve under an RSA key, and the reverse', async () => {
    const swap = (xml: string) =>
      xml.replace(
        /(SignatureMethod Algorithm=").*?#(rsa|ecdsa)-sha256/,
        (_a, start: string, kind: string) =>
          `${start}http://www.w3.org/2001/04/xmldsig-more#${kind === 'rsa' ? 'ecdsa' : 'rsa'}-sha256`,
      );
    const { north, south } = world.seals;
    await refusal(asParameter(swap(signed(aVihf(north, FINESS.north), north))), /signature|algorithm/);
    await refusal(asParameter(swap(signed(aVihf(south, FINESS.south), south))), /signature|algorithm/);
  });

  it('with an ECDSA signature in DER, or of nothing', async () => {
    const { south } = world.seals;
    const xml = signed(aVihf(south, FINESS.south, { declaration: 'CARTE_ETS' }), south);
    for (const value of [Buffer.alloc(64), Buffer.alloc(70, 1), Buffer.alloc(63)]) {
      await refusal(
        asParameter(xml.replace(/(<ds:SignatureValue>)[^<]*/, `$1${value.toString('base64')}`)),
        /signature/,
      );
    }
  });
});

describe('signed by a key that is not the establishment’s, and refused', () => {
  const CERTIFICATES: [string, (seals: VihfWorld['seals']) => [Seal, string, string?], RegExp][] = [
    ['a revoked certificate', (seals) => [seals.revoked, FINESS.revoked], /^certificate/],
    ['an expired certificate', (seals) => [seals.expired, FINESS.expired], /^certificate/],
    ['a certificate not yet valid', (seals) => [seals.early, FINESS.early], /^certificate/],
    ['a key of 1024 bits', (seals) => [seals.weak, FINESS.weak], /^certificate/],
    ['a stranger under the same name', (seals) => [seals.stranger, FINESS.north], /^invalid signature|^signature/],
    ['the certificate of the connection', (seals) => [seals.northTls, FINESS.north], /signature/],
    ['another establishment’s seal', (seals) => [seals.south, FINESS.north], /^certificate/],
    [
      'another establishment’s seal under this one’s name',
      (seals) => [seals.south, FINESS.north, seals.north.issuer],
      /signature/,
    ],
  ];
  it.each(CERTIFICATES)('%s', async (_title, choose, reason) => {
    const [seal, finess, issuer = seal.issuer] = choose(world.seals);
    await refusal(asParameter(signed(aVihf(seal, finess, { issuer }), seal)), reason);
  });

  it('a certificate revoked for one establishment is revoked for every other that shares it', async () => {
    const pool = world.register.database.ownerPool();
    const { corsica } = world.seals;
    await pool.query('insert into establishment_certificate values ($1, $2, $3, $4)', [
      corsica.thumbprint,
      FINESS.weak,
      corsica.pem,
      'SEAL',
    ]);
    const third = { contextClass: `${CLASSES}PreviousSession`, declaration: 'CPS:CPSSANSCONTACT' };
    const assertion = () => asParameter(signed(aVihf(corsica, FINESS.corsica, third), corsica));
    await expect(world.present(assertion())).resolves.toBeDefined();
    await pool.query('update establishment_certificate set revoked_at = now() where finess = $1 and thumbprint = $2', [
      FINESS.weak,
      corsica.thumbprint,
    ]);
    await refusal(assertion(), /^certificate/);
    await pool.query('delete from establishment_certificate where finess = $1 and thumbprint = $2', [
      FINESS.weak,
      corsica.thumbprint,
    ]);
    await expect(world.present(assertion())).resolves.toBeDefined();
  });
});

describe('the primary authentication', () => {
  const pair = (contextClass: string, declaration: string) => ({ contextClass: CLASSES + contextClass, declaration });
  /** Pairs that look like one of the six. */
  const OUTSIDE = [
    pair('MobileTwoFactorUnregistered', 'OTP_SMS'),
    pair('SmartCardPKI', 'OTP_SMS'),
    pair('InternetProtocolPassword', 'CPS'),
    pair('PasswordProtectedTransport', 'APP_BROWSER_AUTH'),
    { contextClass: 'SmartCardPKI', declaration: 'CPS' },
    pair('SmartCardPKI', 'cps'),
    pair('SmartCardPKI', ''),
  ];
  const rows = (['north', 'south', 'corsica'] as const).flatMap((name) => [
    ...AUTHENTICATION_MEANS.map((means) => ({
      name,
      given: pair(means.contextClass, means.declaration),
      declared: MEANS[name]?.includes(means.number) ?? false,
    })),
    ...OUTSIDE.map((given) => ({ name, given, declared: false })),
  ]);
  it.each(rows)(
    '$name · $given.contextClass + $given.declaration · declared: $declared',
    async ({ name, given, declared }) => {
      const seal = world.seals[name];
      const parameter = asParameter(signed(aVihf(seal, FINESS[name], given), seal));
      if (declared) await expect(world.present(parameter)).resolves.toMatchObject({ establishment: FINESS[name] });
      else await refusal(parameter, /^means/);
    },
  );
});
