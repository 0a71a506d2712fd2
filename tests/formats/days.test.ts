import fc from 'fast-check';
import { addDays, dayOf, daysBetween, isDay, isInstant } from '../../src/kernel/days.js';

/** Any day of four centuries and more, counted here and not by what is tested. */
const aDay = fc
  .record({ year: fc.integer({ min: 1880, max: 2300 }), ordinal: fc.integer({ min: 0, max: 364 }) })
  .map(({ year, ordinal }) => new Date(Date.UTC(year, 0, 1 + ordinal)).toISOString().slice(0, 10));

describe('a day', () => {
  it.each(['2021-02-28', '2020-02-29', '2000-02-29', '1969-12-31', '0001-01-01', '9999-12-31'])('%s is one', (day) => {
    expect(isDay(day)).toBe(true);
  });

  it.each([
    '2021-02-29',
    '2021-02-30',
    '1900-02-29',
    '2021-04-31',
    '2021-13-01',
    '2021-00-10',
    '2021-01-00',
    '2021-1-1',
    '21-01-01',
    '2021-01-01 ',
    '2021-01-01\n',
    '2021-01-01T00:00',
    '+02021-01-01',
    '20210101',
    '01/02/2021',
    'demain',
    '',
  ])('%j is none', (text) => {
    expect(isDay(text)).toBe(false);
  });

  it('is as many days from another as it is later', () => {
    fc.assert(
      fc.property(aDay, fc.integer({ min: -100_000, max: 100_000 }), (day, days) => {
        const other = addDays(day, days);
        expect([isDay(day), isDay(other), daysBetween(day, other)]).toEqual([true, true, days]);
        expect(Math.sign(days)).toBe(other > day ? 1 : other < day ? -1 : 0);
      }),
    );
    expect(addDays('2020-02-28', 2)).toBe('2020-03-01');
    expect(addDays('2021-03-01', -1)).toBe('2021-02-28');
    expect(daysBetween('2020-12-27', '2023-05-03')).toBe(857);
  });

  it('is that of an instant in universal time', () => {
    expect(dayOf('2021-07-01T01:30:00+02:00')).toBe('2021-06-30');
    expect(dayOf(new Date('2021-07-01T23:59:59Z'))).toBe('2021-07-01');
  });

  it('that is none is counted from nowhere', () => {
    expect(daysBetween('1960-00-00', '2021-01-01')).toBeNaN();
    expect(() => addDays('1960-00-00', 1)).toThrow(RangeError);
  });
});

describe('an instant', () => {
  it.each(['2021-05-03T09:00:00Z', '2021-05-03T23:59:59.123456+02:00', '2024-02-29T00:00:00-11:30'])(
    '%s is one',
    (text) => {
      expect(isInstant(text)).toBe(true);
    },
  );

  it.each([
    '2021-02-30T09:00:00Z',
    '2021-05-03T24:00:00Z',
    '2021-05-03T09:60:00Z',
    '2021-05-03T09:00:00',
    '2021-05-03T09:00Z',
    '2021-05-03 09:00:00Z',
    '2021-05-03T09:00:00.1234567Z',
    '2021-05-03T09:00:00+99:00',
    '2021-05-03',
  ])('%j is none', (text) => {
    expect(isInstant(text)).toBe(false);
  });
});
