import type { Judgement } from '../access/judge.js';
import type { Principal } from '../access/principal.js';
import type { Language } from '../kernel/errors.js';
import type { GuessCaller } from './guesses.js';
import type { Needs } from './needed.js';
import type { Source } from './plan.js';

/** A root field on the long path: its response key and name, and what is needed of its object. */
export interface RootField {
  readonly key: string;
  readonly name: string;
  readonly needs: Needs;
}

/** What every resolver of a request is given. `Services` are the areas' own, known to the server only. */
export interface RequestContext<Services = unknown> {
  readonly principal: Principal;
  readonly requestId: string;
  /** Network from which the call comes. */
  readonly address: string;
  readonly pace?: GuessCaller['pace'];
  readonly language: Language;
  readonly services: Services;
  /** Fires when the caller has gone or the time of the request is over: nothing more is begun then. */
  readonly signal?: AbortSignal;
  /** The verdicts of the running operation; set once it is known. */
  judgement: Judgement;
  /** True while root resolvers are asked for their sources only; false when they must answer with objects. */
  compiling: boolean;
  /** The short path did not answer this request: ordinary execution must, and says why not. */
  shortPathTried?: boolean;
  /** Runs a source and gives the object that graphql-js completes. `running` is the context of the running operation. */
  execute(source: Source, root: RootField, running: RequestContext<Services>): Promise<unknown>;
  /** Conditional fields that were left out, by field. */
  readonly withheld: Map<string, { field: string; article: string }>;
}
