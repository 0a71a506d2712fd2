import type { Principal } from '../access/principal.js';
import type { Care, Source } from './plan.js';

/** A search for a person by something that could be guessed (AIPD M1.15). */
export interface Guess {
  readonly kind: 'code' | 'nir';
  /** Keyed digests of the NIR and of its first ten digits. */
  readonly nir?: { readonly id: string; readonly prefix: string };
}

/** Who guesses, from which network, and the pace of the answer. */
export interface GuessCaller {
  readonly principal: Principal;
  readonly address: string;
  readonly pace?: { onGrid(): void; leave(): Promise<void> | undefined };
}

/** Counts guesses before they are evaluated; see `limits/guesses.ts`. */
export interface Guesses {
  hold(caller: GuessCaller, guess: Guess): Promise<{ settle(found: boolean): Promise<void> }>;
  evaluate<T>(caller: GuessCaller, guess: Guess, work: () => Promise<T>, found: (result: T) => boolean): Promise<T>;
}

export const guessOfCare = ({ code, nirIndex, nirPrefix }: Care): Guess => {
  if (code !== null || !nirIndex) return { kind: 'code' };
  const id = nirIndex.toString('base64url');
  return { kind: 'nir', nir: { id, prefix: nirPrefix ?? id } };
};

/** The guess behind a source, if it is a search. */
export const guessOf = ({ options }: Source): Guess | undefined =>
  options.guess ?? (options.care && guessOfCare(options.care));
