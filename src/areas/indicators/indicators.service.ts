import type { Pool } from 'pg';
import { roleFor } from '../../access/grants.js';
import { modeRight, tableRight } from '../../access/indicator-right.js';
import type { Principal } from '../../access/principal.js';
import { standingStep, structureOf } from '../../access/standing.js';
import { pipeline, stepOf } from '../../db/pipeline.js';
import { LancetteError } from '../../kernel/errors.js';
import type { Mode } from '../../law/indicator-rights.js';
import type { RequestContext } from '../../read/context.js';
import type { Journal } from '../../read/journal.js';
import { type Answer, answerTo } from './answer.js';
import { BoundedCache } from './bounded-cache.js';
import type { PublishedFigures } from './published.js';
import { type Question, textOf } from './question.js';

/** Who calls, in which request; or nobody in particular, at the open feed, of whom nothing is known and nothing kept. */
export type Caller = Pick<RequestContext, 'principal' | 'requestId'> | undefined;

/** An answer, and what identifies it: another publication, caller or question has another one. */
export interface Answered {
  readonly key: string;
  readonly answer: Answer;
  /** Numbers that had to be worked out for it; none when it was known. */
  readonly worked: number;
}

export interface IndicatorsParts {
  readonly figures: PublishedFigures;
  /** Whether figures may leave without disclosure control, where somebody asks for them so. */
  readonly open: boolean;
  readonly threshold: number;
  /** The pool of a database role: a caller's own one tells whether he is suspended. */
  readonly pool: (role: string) => Pool;
  readonly journal: Journal;
}

const numbersIn = ({ days, series }: Answer): number => days.length * series.length;

/** Numbers of answers that are kept in memory. */
const MOST_NUMBERS_KEPT = 2_000_000;

/**
 * Answers from what is published: judged first, then one statement, then memory. Whoever asks again, at whatever door,
 * is given the same answer until another publication stands.
 */
export class IndicatorsService {
  private readonly answers = new BoundedCache<Answer>(MOST_NUMBERS_KEPT, numbersIn);

  constructor(private readonly parts: IndicatorsParts) {}

  /**
   * Leaves one trace of a reading by a recipient; the open feed shows nobody anything of anyone, and leaves none.
   * @throws FORBIDDEN_TABLE, FORBIDDEN_MODE with their article; INDICATORS_NOT_PUBLISHED, INDICATORS_TOO_LARGE; SUSPENDED
   */
  async answer(caller: Caller, question: Question): Promise<Answered> {
    const right = tableRight(caller?.principal, question.table);
    const field = `indicators.${question.table}`;
    if (!right.granted) throw new LancetteError('FORBIDDEN_TABLE', { field, article: right.article });
    const mode = modeRight(question.table, question.mode, this.parts.open);
    if (!mode.granted) throw new LancetteError('FORBIDDEN_MODE', { field, article: mode.article });
    const published = await this.parts.figures.table(question.table);
    // Protected for a lower threshold than is wanted here: nothing leaves until it is published anew.
    if (published.threshold < this.parts.threshold) throw new LancetteError('INDICATORS_NOT_PUBLISHED');
    const key = [published.version, right.departments ?? '*', textOf(question)].join(' ');
    let worked = 0;
    const answer = await this.answers.get(key, async () => {
      const made = answerTo(question, published, right.departments);
      worked = numbersIn(made);
      return made;
    });
    if (caller) {
      await this.requireStanding(caller.principal);
      await this.trace(caller, 'DISCLOSED', right.article);
    }
    return { key, answer, worked };
  }

  /** One trace without any record: the copy holds no person. */
  async trace(
    caller: NonNullable<Caller>,
    outcome: 'DISCLOSED' | 'REFUSED',
    article: string,
    operation = 'indicators',
  ): Promise<void> {
    const { principal, requestId } = caller;
    const { recipient, subject } = principal;
    const who = { requestId, recipient, actor: subject, structure: structureOf(principal) };
    await this.parts.journal.write([{ ...who, operation, categories: [], outcome, article, records: [] }]);
  }

  /** The instant that the figures stand at, or null when nothing was published. */
  asOf(): Promise<string | null> {
    return this.parts.figures.asOf();
  }

  /** What answers may be like here: for the list of tables. */
  get terms(): { readonly threshold: number; readonly modes: readonly Mode[] } {
    const { threshold, open } = this.parts;
    return { threshold, modes: open ? ['CONTROLLED', 'OPEN'] : ['CONTROLLED'] };
  }

  /** Asked of the register after the figures were read, so that no decision is older than they are (SECURITY F24). */
  private async requireStanding(principal: Principal): Promise<void> {
    await pipeline(this.parts.pool(roleFor(principal)), [stepOf(standingStep(principal))]);
  }
}
