import type { Category } from '../law/categories.js';
import type { Recipient } from '../law/recipients.js';

/** What must be remembered of one disclosure, recording or refusal; never a value, never an identity of a person. */
export interface TraceEntry {
  readonly requestId: string;
  /** `UNKNOWN` for whoever did not prove who he is. */
  readonly recipient: Recipient | 'UNKNOWN';
  readonly actor: string;
  /** Structure of the actor, where there is one: for the detector of misuse, not kept. */
  readonly structure?: string | undefined;
  readonly operation: string;
  readonly categories: readonly Category[];
  readonly outcome: 'DISCLOSED' | 'REFUSED' | 'RECORDED' | 'NOT_FOUND' | 'AUTHENTICATED' | 'REJECTED';
  readonly article: string | null;
  readonly records: readonly string[];
}

/** Sees a disclosure or recording whose trace was written by its own statement; fulfilled before its answer may leave. */
export interface Watch {
  observe(
    seen: readonly Pick<TraceEntry, 'recipient' | 'actor' | 'structure' | 'records'>[],
  ): Promise<void> | undefined;
}

/** Where traces go. An answer leaves only once the promise is fulfilled: the trace is then durable. */
export interface Journal {
  write(entries: readonly TraceEntry[]): Promise<void>;
}
