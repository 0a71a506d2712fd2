import type { Row, Step } from '../db/pipeline.js';
import type { Guess } from './guesses.js';

/** Column of a field of the plan's type, ready for SQL. */
export type ColumnOf = (field: string) => string;
/** The nth parameter of the source, from 1. */
export type Placeholder = (n: number) => string;

/** The static part of a root: which rows, in which order. `key` names it in caches: same key, same SQL. */
export interface Plan {
  readonly key: string;
  readonly type: string;
  readonly shape: 'one' | 'page';
  readonly where?: (column: ColumnOf, parameter: Placeholder) => string;
  /** For a page: the field it is sorted by; the technical key breaks ties. */
  readonly orderBy?: string;
  /** Conditions that do not hold for any row of this plan, whatever the row says. */
  readonly withhold?: boolean;
  /** Rows are those of this condition rather than of the recipient's whole perimeter. */
  readonly rows?: 'unvaccinatedList';
}

/** What a root resolver returns: where the rows come from. The compiler and the reader do the rest. */
export class Source {
  constructor(
    readonly plan: Plan,
    readonly values: readonly (string | null)[] = [],
    readonly options: {
      /** A person found by a search, who becomes the patient in care for this request. */
      readonly care?: Care;
      /** A search that leaves no patient in care, and is a guess all the same. */
      readonly guess?: Guess;
      readonly page?: Page;
      /** What is done before the row is looked for, whoever it is and whether or not there is one. */
      readonly beforehand?: () => Promise<unknown>;
      /** What is recorded in the transaction that then reads the row: an answer and its recording are one commit. */
      readonly act?: Act;
    } = {},
  ) {}
}

/** A recording, which writes the trace of what is read after it. */
export interface Act {
  readonly step: Step;
  /** @param error of the transaction @returns whether it means that nothing was recorded, as `whyNot` then says */
  isRefusal(error: unknown): boolean;
  /** @param rows of the step */
  isDone(rows: readonly Row[]): boolean;
  /** Asked when nothing was recorded: no error for the repeat of a recording that was. */
  whyNot(): Promise<{ readonly found: boolean; readonly refusal: Error | null }>;
  /** @param records what was read; fulfilled before the answer may leave */
  observed(records: readonly string[]): Promise<void> | undefined;
}

/** How a professional finds the patient in care (AIPD M1.47, M2.32): a code or a NIR index, and the birth date. */
export interface Care {
  readonly code: string | null;
  readonly nirIndex: Buffer | null;
  /** Keyed digest of the ten first digits of the NIR: those of one birth and place. */
  readonly nirPrefix?: string;
  readonly birthDate: string;
}

export interface Page {
  /** Rows asked for, 1 to 100. */
  readonly first: number;
  readonly after: string | null;
}
