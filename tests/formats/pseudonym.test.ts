import { createHmac, hkdfSync } from 'node:crypto';
import fc from 'fast-check';
import {
  type Canon,
  canonicalSidep,
  canonicalSnds,
  Level1Key,
  Level2Key,
  level1,
  level2,
  Pseudonymiser,
  type PseudonymKeys,
  printed,
} from '../../src/formats/pseudonym.js';

const MARIE = { birthName: 'DUPONT', firstNames: 'MARIE', birthDate: '1962-07-01' };
const P1 = '20f1dad52201c0d4e7560cbcffd483ebda0b327e3a90e61a80d02b0840fa3641ac7c9382d8b7b3a21fd37a11391f5518';
const P2 = '22b8589985cda9ad76ed8dca5876bdc4eb157de868933850f4dde132a03cbbd7';
const SEED = { seed: 2020_1690 };

describe('known answer of DOMAIN §6.3', () => {
  const canon = canonicalSidep(MARIE);

  it('canon', () => {
    expect(canon.split('\u001f')).toEqual(['VCPSN', '1', 'SIDEP', 'DUPONT', 'MARIE', '1962-07-01']);
  });

  it('p1, p2 and the printed form', () => {
    const p1 = level1(new Level1Key(Buffer.alloc(48, 0x11)), 'SPF', canon);
    const p2 = level2(new Level2Key(Buffer.alloc(32, 0x22)), 'SPF', p1);
    expect(p1.toString('hex')).toBe(P1);
    expect(p2.toString('hex')).toBe(P2);
    expect(printed('SPF', 1, 1, p2)).toBe('VC2-H384H256-SPF-1.1-EK4FRGMFZWU225XNRXFFQ5V5YTVRK7PINCJTQUHU3XQTFIB4XPLQ');
    expect(new Pseudonymiser(someKeys('SIDEP')).of(MARIE)).toBe(printed('SPF', 1, 1, p2));
  });
});

describe('the two levels', () => {
  it('are the HMAC of node:crypto, for any key and message', () => {
    fc.assert(
      fc.property(aKey(48, 300), aKey(32, 200), fc.string({ unit: 'binary', maxLength: 400 }), (k1, k2, canon) => {
        const p1 = createHmac('sha384', k1).update(`VC-L1\0SPF\0${canon}`).digest();
        const p2 = createHmac('sha256', k2).update('VC-L2\0SPF\0').update(p1).digest();
        expect(level1(new Level1Key(k1), 'SPF', canon)).toEqual(p1);
        expect(level2(new Level2Key(k2), 'SPF', p1)).toEqual(p2);
      }),
      SEED,
    );
  });

  it('keep nothing of the message before', () => {
    const key = new Level1Key(Buffer.alloc(48, 0x11));
    const short = level1(key, 'SPF', 'A');
    level1(key, 'SPF', 'B'.repeat(5000));
    expect(level1(key, 'SPF', 'A')).toEqual(short);
  });

  it('refuse a short key', () => {
    expect(() => new Level1Key(Buffer.alloc(47, 1))).toThrow(RangeError);
    expect(() => new Level2Key(Buffer.alloc(31, 1))).toThrow(RangeError);
  });
});

describe('a space', () => {
  const k = Buffer.from(hkdfSync('sha256', 'test', 'salt', 'k', 96));

  it('refuses secrets that are not independent', () => {
    const k1 = k.subarray(0, 48);
    const refused = [k1.subarray(0, 32), k1.subarray(16), Buffer.concat([k1.subarray(0, 16), Buffer.alloc(16, 9)]), k1];
    for (const k2 of refused) expect(() => new Pseudonymiser({ ...someKeys('SIDEP'), k1, k2 })).toThrow(/independent/);
    expect(
      () => new Pseudonymiser({ ...someKeys('SIDEP'), k1: Buffer.concat([k, k]), k2: k.subarray(8, 40) }),
    ).toThrow();
    expect(() => new Pseudonymiser({ ...someKeys('SIDEP'), k1, k2: k.subarray(48, 80) })).not.toThrow();
  });

  it.each(['', 'spf', 'S-PF', 'SPF\0'])('refuses the system %j', (system) => {
    expect(() => new Pseudonymiser({ ...someKeys('SIDEP'), system })).toThrow(RangeError);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses the key version %d', (v1) => {
    expect(() => new Pseudonymiser({ ...someKeys('SIDEP'), v1 })).toThrow(RangeError);
  });

  it('differs from every other: by system alone, by either key, by canon', () => {
    const base = someKeys('SIDEP');
    const spaces = [
      base,
      { ...base, system: 'DREES' },
      { ...base, k1: Buffer.alloc(48, 0x12) },
      { ...base, k2: Buffer.alloc(32, 0x23) },
    ].map((keys) => new Pseudonymiser(keys).of(MARIE));
    const nir = { nir: '262077512345678', birthDate: '1962-07-01', sex: 'F' } as const;
    spaces.push(new Pseudonymiser(someKeys('SNDS')).of(nir));
    expect(new Set(spaces.map((text) => text.split('-').at(-1))).size).toBe(5);
  });

  it('gives one text per person, and 20,000 persons differ', () => {
    const space = new Pseudonymiser(someKeys('SNDS'));
    const again = new Pseudonymiser(someKeys('SNDS'));
    const seen = new Set<string>();
    for (let n = 0; n < 20_000; n++) {
      const person = { nir: `2620775${String(n).padStart(6, '0')}`, birthDate: '1962-07-01', sex: 'F' } as const;
      const pseudonym = space.of(person);
      seen.add(pseudonym);
      if (n % 100 === 0) expect(again.of(person)).toBe(pseudonym);
    }
    expect(seen.size).toBe(20_000);
    for (const pseudonym of seen) expect(pseudonym).toMatch(/^VC2-H384H256-SPF-1\.1-[A-Z2-7]{52}$/);
  });

  it('changes half of the bits when one digit changes (seed 004 §6.1, avalanche)', () => {
    const key1 = new Level1Key(Buffer.alloc(48, 0x11));
    const key2 = new Level2Key(Buffer.alloc(32, 0x22));
    const bits = (n: number) =>
      level2(
        key2,
        'SPF',
        level1(
          key1,
          'SPF',
          canonicalSnds({ nir: `2620775${String(n).padStart(6, '0')}`, birthDate: '1962-07-01', sex: 'F' }),
        ),
      );
    let changed = 0;
    for (let n = 0; n < 2000; n++) changed += distance(bits(n), bits(n + 1));
    // 512,000 fair bits: a standard deviation of 0.07 %.
    expect(Math.abs(changed / (2000 * 256) - 0.5)).toBeLessThan(0.005);
  });
});

describe('canonical forms', () => {
  const name = (birthName: string, firstNames: string) =>
    canonicalSidep({ birthName, firstNames, birthDate: '1962-07-01' }).split('\u001f').slice(3, 5);

  it.each([
    ['Lefèvre-Œuvrard', 'Zoé Marie', 'LEFEVREOEUVRARD', 'ZOE'],
    ["d'Ölæß", 'Jean-Pierre, Paul', 'DOLAESS', 'JEANPIERRE'],
    ['GROẞ', '  Anaïs\u00a0Léa', 'GROSS', 'ANAIS'],
    ['DUPONT', 'JEAN/PAUL', 'DUPONT', 'JEAN'],
    ['DUPONT 2', '', 'DUPONT2', ''],
  ])('%s, %s', (birthName, firstNames, canonName, canonFirst) => {
    expect(name(birthName, firstNames)).toEqual([canonName, canonFirst]);
  });

  it('does not depend on composition or case', () => {
    const french = fc.string({ unit: fc.constantFrom(..."abcéèêëïîôöûüçœæß -'"), minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(french, (text) => {
        const [reference] = name(`A${text}`, 'X');
        for (const variant of [text.normalize('NFD'), text.toUpperCase(), text.toUpperCase().normalize('NFD')]) {
          expect(name(`A${variant}`, 'X')[0]).toBe(reference);
        }
      }),
      SEED,
    );
  });

  it('holds only its own separators, whatever the name holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (birthName, firstNames) => {
        expect(name(`A${birthName}`, `B${firstNames}`).join('')).toMatch(/^[A-Z0-9]*$/);
      }),
      SEED,
    );
  });

  it('refuses what would make different persons one', () => {
    expect(() => name('Μενεξές', 'Marie')).toThrow(RangeError);
    expect(() => name('', ' ')).toThrow(RangeError);
    expect(() => canonicalSidep({ ...MARIE, birthDate: '1962-13-01' })).toThrow(RangeError);
    expect(() => canonicalSnds({ nir: '26207751234', birthDate: '1962-07-01', sex: 'F' })).toThrow(RangeError);
    expect(() => canonicalSnds({ nir: '2620775123456', birthDate: '1962-07-01', sex: 'X' as 'F' })).toThrow(RangeError);
  });

  it('never quotes what it refuses', () => {
    expect(() => name('Μενεξές', 'Marie')).toThrow(
      expect.objectContaining({
        message: expect.not.stringMatching(/Μενεξές|Marie/) as unknown,
      }),
    );
  });

  it('SNDS leaves the key of the NIR out and writes the sex as ISO 5218', () => {
    const form = (nir: string, sex: 'M' | 'F' | 'U') => canonicalSnds({ nir, birthDate: '1962-00-00', sex });
    expect(form('253072A07300443', 'F')).toBe(form('253072A073004', 'F'));
    expect(form('253072A07300443', 'F').split('\u001f')).toEqual([
      'VCPSN',
      '1',
      'SNDS',
      '253072A073004',
      '1962-00-00',
      '2',
    ]);
    expect(form('253072A07300443', 'M').endsWith('\u001f1')).toBe(true);
    expect(form('253072A07300443', 'U').endsWith('\u001f0')).toBe(true);
  });
});

function someKeys<C extends Canon>(canon: C): PseudonymKeys<C> {
  return { system: 'SPF', canon, k1: Buffer.alloc(48, 0x11), v1: 1, k2: Buffer.alloc(32, 0x22), v2: 1 };
}

function aKey(minLength: number, maxLength: number): fc.Arbitrary<Buffer> {
  return fc.uint8Array({ minLength, maxLength }).map((bytes) => Buffer.from(bytes));
}

function distance(a: Buffer, b: Buffer): number {
  let bits = 0;
  for (let at = 0; at < a.length; at++) {
    for (let difference = a[at]! ^ b[at]!; difference !== 0; difference &= difference - 1) bits++;
  }
  return bits;
}
