import fc from 'fast-check';
import {
  finessWarning,
  isAmNumber,
  isBirthDate,
  isFiness,
  isInvitationCode,
  isNir,
  isRpps,
  isSiret,
  newInvitationCode,
  nirFault,
  randomBelow,
  rppsOfPscSubject,
} from '../../src/kernel/identifiers.js';

describe('NIR (DOMAIN §2.1)', () => {
  it.each(['295109912611193', '253072A07300443', '253072B07300470', '255081416802538', '255082A16802597'])(
    '%s is one',
    (nir) => {
      expect(nirFault(nir)).toBeUndefined();
      expect(isNir(nir)).toBe(true);
    },
  );

  it('tells a wrong key from a wrong format', () => {
    expect(nirFault('295109912611199')).toBe('NIR_KEY');
    expect(nirFault('29510991261119')).toBe('NIR_FORMAT');
    expect(nirFault('2951099126111933')).toBe('NIR_FORMAT');
    expect(nirFault('295139912611193')).toBe('NIR_FORMAT');
    expect(nirFault('253072a07300443')).toBe('NIR_FORMAT');
    expect(nirFault('295109912611193\n')).toBe('NIR_FORMAT');
    expect(nirFault('')).toBe('NIR_FORMAT');
  });

  it('takes a provisional 5 or 6 only when asked to', () => {
    const provisional = withKey('5620775123456');
    expect(nirFault(provisional)).toBe('NIR_FORMAT');
    expect(nirFault(provisional, { provisional: false })).toBe('NIR_FORMAT');
    expect(nirFault(provisional, { provisional: true })).toBeUndefined();
    expect(nirFault('295109912611199', { provisional: true })).toBe('NIR_KEY');
  });

  it('finds the key that BigInt arithmetic gives, Corsica included', () => {
    fc.assert(
      fc.property(aNirBody, (body) => {
        expect(isNir(withKey(body))).toBe(true);
      }),
      { seed: 2020_1690, numRuns: 2000 },
    );
  });

  it('sees every single wrong digit', () => {
    fc.assert(
      fc.property(aNirBody, fc.nat(14), fc.integer({ min: 1, max: 9 }), (body, at, shift) => {
        const nir = withKey(body);
        const digit = Number(nir[at]);
        fc.pre(!Number.isNaN(digit));
        expect(isNir(nir.slice(0, at) + ((digit + shift) % 10) + nir.slice(at + 1), { provisional: true })).toBe(false);
      }),
      { seed: 2020_1690, numRuns: 2000 },
    );
  });
});

const aNirBody = fc
  .tuple(
    fc.constantFrom('1', '2', '3', '4', '7', '8'),
    fc.integer({ min: 0, max: 99 }),
    fc.constantFrom('01', '06', '12', '20', '42', '99'),
    fc.constantFrom('01', '2A', '2B', '75', '97', '99'),
    fc.integer({ min: 1, max: 999 }),
    fc.integer({ min: 1, max: 999 }),
  )
  .map(
    ([sex, year, month, department, commune, order]) =>
      sex +
      String(year).padStart(2, '0') +
      month +
      department +
      String(commune).padStart(3, '0') +
      String(order).padStart(3, '0'),
  );

/** Key by the other rule of §2.1: letter as 0, minus one or two million. */
function withKey(body: string): string {
  const corsica = body.includes('A') ? 1_000_000n : body.includes('B') ? 2_000_000n : 0n;
  const key = 97n - ((BigInt(body.replace(/[AB]/, '0')) - corsica) % 97n);
  return body + String(key).padStart(2, '0');
}

describe('professionals (DOMAIN §2.3)', () => {
  it.each(['99700366240', '99700218896'])('RPPS %s passes', (rpps) => {
    expect(isRpps(rpps)).toBe(true);
  });

  it.each(['10101010101', '10001234567', '9970036624', '899700366240', ''])('RPPS %s fails', (rpps) => {
    expect(isRpps(rpps)).toBe(false);
  });

  it('strips the type prefix of Pro Santé Connect, and only that of an RPPS', () => {
    expect(rppsOfPscSubject('899700366240')).toBe('99700366240');
    expect(rppsOfPscSubject('099700366240')).toBeUndefined();
    expect(rppsOfPscSubject('899700366241')).toBeUndefined();
    expect(rppsOfPscSubject('99700366240')).toBeUndefined();
  });

  it('a n° AM has 8 characters, or 9 with its key', () => {
    expect(['75112345', '751123456', '2A112345'].every(isAmNumber)).toBe(true);
    expect(['7511234', '7511234567', '75-12345', '2a112345'].some(isAmNumber)).toBe(false);
  });
});

describe('structures (DOMAIN §2.4, §2.5)', () => {
  it.each(['750100125', '690781810', '130786049', '2A0000014', '2B0000020'])('FINESS %s has its key', (finess) => {
    expect(isFiness(finess)).toBe(true);
    expect(finessWarning(finess)).toBeUndefined();
  });

  it('a fictitious FINESS has the format, and a key that fails is a warning', () => {
    expect(isFiness('0B0172805')).toBe(true);
    expect(isFiness('0B0172806')).toBe(true);
    expect(finessWarning('0B0172806')).toBe('FINESS_KEY');
    expect(isFiness('75010012')).toBe(false);
    expect(isFiness('7501001255')).toBe(false);
  });

  it('a SIRET passes Luhn twice, a branch of La Poste sums to a multiple of 5', () => {
    expect(isSiret('73282932000074')).toBe(true);
    expect(isSiret('73282932000075')).toBe(false);
    expect(isSiret('35600000000048')).toBe(true);
    expect(isSiret('35600000000001')).toBe(true);
    expect(isSiret('35600000000002')).toBe(false);
    expect(isSiret('7328293200007')).toBe(false);
  });
});

describe('invitation code (DOMAIN §2.7)', () => {
  it('is three groups of three capitals', () => {
    expect(isInvitationCode('ABC-DEF-GHI')).toBe(true);
    expect(['ABCDEFGHI', 'abc-def-ghi', 'ABC-DEF-GH1', 'ABC-DEF-GHIJ', 'ABC-DEF-GHI\n'].some(isInvitationCode)).toBe(
      false,
    );
  });

  it('a new one has the pattern, and 50,000 differ', () => {
    const codes = new Set(Array.from({ length: 50_000 }, newInvitationCode));
    expect([...codes].every(isInvitationCode)).toBe(true);
    // 26^9 codes: one collision among 50,000 has a chance of 1 in 4,000; two, of 1 in 10^7.
    expect(codes.size).toBeGreaterThanOrEqual(49_999);
  });

  it.each([26, 36])('chance below %i favours no value', (limit) => {
    const draws = 100_000 * limit;
    const counts = new Array<number>(limit).fill(0);
    for (let drawn = 0; drawn < draws; drawn++) {
      const value = randomBelow(limit);
      counts[value] = counts[value]! + 1;
    }
    // Seven standard deviations: 1 in 10^11. The bias of a plain modulo would be 10 %, or thirty of them.
    const bound = 7 * Math.sqrt(100_000);
    expect(counts.every((count) => Math.abs(count - 100_000) < bound)).toBe(true);
  });
});

describe('birth date (DOMAIN §3.2, §4 L2)', () => {
  it.each(['1962-07-01', '1962-00-00', '1962-07-00', '1950-02-30', '1880-01-01', '2100-12-31'])('%s is one', (date) => {
    expect(isBirthDate(date)).toBe(true);
  });

  it.each([
    '1879-12-31',
    '2101-01-01',
    '1962-13-01',
    '1962-07-32',
    '1962-7-1',
    '01-07-1962',
    '1962/07/01',
    '',
    '196a-07-01',
    '1962-07-011',
    ' 962-07-01',
  ])('%s is none', (date) => {
    expect(isBirthDate(date)).toBe(false);
  });

  it('agrees with a regular expression on anything of that length', () => {
    const reference = /^(18[89]\d|19\d\d|20\d\d|2100)-(0\d|1[0-2])-([0-2]\d|3[01])$/;
    const nearDate = fc.string({ unit: fc.constantFrom(...'0123456789-/:a'), minLength: 9, maxLength: 11 });
    const digits = fc
      .tuple(fc.integer({ min: 1870, max: 2110 }), fc.nat(20), fc.nat(40))
      .map(([year, month, day]) => `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`);
    fc.assert(
      fc.property(fc.oneof(nearDate, digits), (text) => {
        expect(isBirthDate(text)).toBe(reference.test(text));
      }),
      { seed: 2020_1690, numRuns: 3000 },
    );
  });
});
