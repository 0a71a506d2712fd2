import { operationRight } from '../../access/decide.js';
import { tablesOf } from '../../access/indicator-right.js';
import type { Allowance } from '../../kernel/allowance.js';
import type { Clock } from '../../kernel/clock.js';
import { LancetteError } from '../../kernel/errors.js';
import { MODES, PERIODS, SHOWS, TABLE_RIGHTS } from '../../law/indicator-rights.js';
import { MEASURES, TABLES } from '../../law/indicators.js';
import type { Door, DoorAnswer, DoorRequest } from '../../read/door.js';
import { isKnown, tagOf } from '../../read/entity-tag.js';
import type { Answer } from './answer.js';
import { BoundedCache } from './bounded-cache.js';
import { describedDimensions } from './domains.js';
import { csvOf, fileNameOf } from './downloads.js';
import type { Caller, IndicatorsService } from './indicators.service.js';
import { questionIn } from './question.js';
import { Workbooks } from './workbooks.js';

const OPERATION = 'indicators';

interface Format {
  readonly type: string;
  readonly render: (answer: Answer) => Buffer | Promise<Buffer>;
  /** Of a file to be kept, by which its name ends. */
  readonly extension?: string;
}

const WORKBOOKS = new Workbooks();
const JSON_TYPE = 'application/json; charset=utf-8';
const FORMATS: Readonly<Record<string, Format>> = {
  '/indicateurs.json': { type: JSON_TYPE, render: (answer) => Buffer.from(JSON.stringify(answer)) },
  '/indicateurs.csv': { type: 'text/csv; charset=utf-8; header=present', render: csvOf, extension: 'csv' },
  '/indicateurs.xlsx': {
    type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    render: (answer) => WORKBOOKS.of(answer),
    extension: 'xlsx',
  },
};

/** Changed with the form of an answer, so that nobody goes on with one of the form before. */
const FORM = 1;

/** Numbers to work out that cost as much of the allowance as a question. */
const NUMBERS_A_POINT = 2500;

/** Bytes of rendered answers that are kept in memory. */
const MOST_BYTES_KEPT = 32 * 2 ** 20;

/**
 * `GET /indicateurs` and its three formats: the open feed for whoever brings no token, and for whoever brings one the
 * same as `indicators`, by the same right, budget and trace. What the open feed shows is the same for all and says
 * nothing of anyone: it may be kept by every cache on the way, unlike anything else of this register.
 */
export class IndicatorsDoor implements Door {
  private readonly rendered = new BoundedCache<Buffer>(MOST_BYTES_KEPT, (bytes) => bytes.length);

  constructor(
    private readonly indicators: IndicatorsService,
    private readonly allowance: Allowance,
    private readonly clock: Clock,
  ) {}

  async answer(asked: DoorRequest): Promise<DoorAnswer | undefined> {
    const format = Object.hasOwn(FORMATS, asked.path) ? FORMATS[asked.path] : undefined;
    if (asked.method !== 'GET' || (!format && asked.path !== '/indicateurs')) return undefined;
    const caller = await this.callerOf(asked);
    return format ? this.figures(asked, caller, format) : this.list(asked, caller);
  }

  /** A token that is brought must be good: nobody is taken for nobody in particular because his has expired. */
  private async callerOf(asked: DoorRequest): Promise<Caller> {
    if (asked.headers.authorization === undefined) {
      const wait = this.allowance.spend(asked.network, this.clock.now());
      if (wait !== undefined) throw new LancetteError('RATE_LIMITED', { retryAfter: wait });
      return undefined;
    }
    const context = await asked.caller(OPERATION);
    const { recipient, consultationOnly } = context.principal;
    const { granted, article } = operationRight(recipient, OPERATION, consultationOnly);
    if (granted) return context;
    await this.indicators.trace(context, 'REFUSED', article);
    throw new LancetteError('FORBIDDEN_OPERATION', { field: OPERATION, article });
  }

  private async figures(asked: DoorRequest, caller: Caller, format: Format): Promise<DoorAnswer> {
    const { key, answer, worked } = await this.indicators
      .answer(caller, questionIn(asked.query))
      .catch(async (error) => {
        const article = error instanceof LancetteError ? error.detail.article : undefined;
        if (article && caller) await this.indicators.trace(caller, 'REFUSED', article, error.detail.field);
        throw error;
      });
    // What nobody asked before is work: whoever asks for much of it is the sooner told to wait, from the next time on.
    if (!caller) this.allowance.spend(asked.network, this.clock.now(), Math.floor(worked / NUMBERS_A_POINT));
    const headers = format.extension && {
      'Content-Disposition': `attachment; filename="${fileNameOf(answer, format.extension)}"`,
    };
    const tag = tagOf(`${FORM} ${asked.path} ${key}`);
    const kept = keptAs(tag, caller);
    if (isKnown(asked.headers['if-none-match'], tag))
      return { status: 304, type: format.type, body: '', headers: kept };
    const body = await this.rendered.get(`${asked.path} ${key}`, async () => format.render(answer));
    return { status: 200, type: format.type, body, headers: { ...kept, ...headers } };
  }

  /** The tables that the caller may have, with the words to show them by. */
  private async list(asked: DoorRequest, caller: Caller): Promise<DoorAnswer> {
    if ([...asked.query.keys()].length > 0) throw new LancetteError('INVALID_INPUT', { field: 'query' });
    const tables = tablesOf(caller?.principal).map((id) => ({
      ...{ id, label: TABLE_RIGHTS[id].label, measure: TABLES[id].measure, dimensions: TABLES[id].by },
    }));
    const { threshold, modes } = this.indicators.terms;
    const body = JSON.stringify({
      ...{ asOf: await this.indicators.asOf(), threshold, tables },
      ...{ measures: told(MEASURES), dimensions: describedDimensions() },
      ...{
        shows: told(SHOWS),
        periods: told(PERIODS),
        modes: told(MODES).filter(({ id }) => modes.some((mode) => mode === id)),
      },
    });
    const tag = tagOf(body);
    const rest = { type: JSON_TYPE, headers: keptAs(tag, caller) };
    return isKnown(asked.headers['if-none-match'], tag)
      ? { status: 304, body: '', ...rest }
      : { status: 200, body, ...rest };
  }
}

const told = <T extends Readonly<Record<string, string>>>(table: T) =>
  Object.entries(table).map(([id, label]) => ({ id: id as keyof T, label }));

/**
 * What caches may do: of the open feed, keep for a minute, then ask again by its tag; what one recipient is given is kept by
 * its own client only (RFC 9111 §5.2.2).
 */
const keptAs = (tag: string, caller: Caller): Readonly<Record<string, string>> => ({
  ETag: tag,
  Vary: 'Authorization',
  'Cache-Control': caller ? 'private, no-cache' : 'public, max-age=60, must-revalidate',
});
