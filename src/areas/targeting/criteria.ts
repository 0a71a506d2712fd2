/** Criteria of one person in two lists: medical (article 2, 6°, a) and not (7°), each in the order of its coming. */
export interface Criteria {
  readonly medical: string | null;
  readonly nonMedical: string | null;
}

/** What a person is known to have, and what lines add to it. */
export class Gain {
  private readonly medical: Codes;
  private readonly nonMedical: Codes;

  constructor(known: Criteria) {
    this.medical = new Codes(known.medical);
    this.nonMedical = new Codes(known.nonMedical);
  }

  /** @returns whether this line brings a code that neither the register nor an earlier line has */
  take(given: Criteria): boolean {
    const medical = this.medical.take(given.medical);
    return this.nonMedical.take(given.nonMedical) || medical;
  }

  /** New codes, between commas. */
  get added(): { readonly medical: string; readonly nonMedical: string } {
    return { medical: this.medical.added.join(), nonMedical: this.nonMedical.added.join() };
  }

  /** Everything that the person has now. */
  get all(): { readonly medical: string; readonly nonMedical: string } {
    return { medical: this.medical.all.join(), nonMedical: this.nonMedical.all.join() };
  }
}

class Codes {
  private readonly known: Set<string>;
  readonly added: string[] = [];

  constructor(known: string | null) {
    this.known = new Set(split(known));
  }

  get all(): string[] {
    return [...this.known];
  }

  take(given: string | null): boolean {
    const fresh = split(given).filter((code) => !this.known.has(code));
    for (const code of fresh) this.known.add(code);
    this.added.push(...fresh);
    return fresh.length > 0;
  }
}

const split = (list: string | null): string[] => (list ? list.split(',') : []);

/** What tells whether a line is about the person who is known under its NIR and birth date. */
export interface Likeness {
  readonly sex: string;
  readonly birthName: string;
  readonly firstName: string;
}

/**
 * Sex, three letters of the birth name and three of the first name: enough to tell twins, or two children under the NIR
 * of one parent (DOMAIN §2.1), and no more of a known person's identity than the agencies see.
 */
export const isSamePerson = (given: Likeness, known: Likeness): boolean =>
  given.sex === known.sex &&
  folded(given.birthName) === folded(known.birthName) &&
  folded(given.firstName) === folded(known.firstName);

/** Files disagree on case and accents about one and the same person. */
const folded = (prefix: string): string => prefix.normalize('NFD').replace(/\p{M}/gu, '').toUpperCase();
