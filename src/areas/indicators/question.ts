import { LancetteError } from '../../kernel/errors.js';
import { isTable, MODES, type Mode, PERIODS, type Period, SHOWS, type Show } from '../../law/indicator-rights.js';
import type { TableId } from '../../law/indicators.js';
import { isCampaignDay } from './calendar.js';

/** What is asked of the declared tables: there is no filter and no crossing beside them. */
export interface Question {
  readonly table: TableId;
  readonly from?: string;
  readonly to?: string;
  readonly show: Show;
  readonly period: Period;
  readonly mode: Mode;
}

type Given = { readonly [Name in keyof Question]?: string | null | undefined };

const PARAMETERS: readonly (keyof Question)[] = ['table', 'from', 'to', 'show', 'period', 'mode'];

/**
 * The question, checked: what is not given is the default, CONTROLLED among them.
 * @throws UNKNOWN_TABLE; INVALID_INPUT naming the parameter; INVALID_RANGE
 */
export function questionOf({ table, from, to, show, period, mode }: Given): Question {
  if (!table || !isTable(table)) throw new LancetteError('UNKNOWN_TABLE', { field: 'table' });
  if (from && to && from > to) throw new LancetteError('INVALID_RANGE', { field: 'to' });
  return {
    table,
    ...dayOf('from', from),
    ...dayOf('to', to),
    show: oneOf(SHOWS, 'show', show) ?? 'COUNT',
    period: oneOf(PERIODS, 'period', period) ?? 'DAY',
    mode: oneOf(MODES, 'mode', mode) ?? 'CONTROLLED',
  };
}

/**
 * The same from the query of an address, in which each parameter stands once and no other stands.
 * @throws as `questionOf`
 */
export function questionIn(query: URLSearchParams): Question {
  const known: ReadonlySet<string> = new Set(PARAMETERS);
  const names = [...query.keys()];
  if (names.some((name) => !known.has(name))) throw new LancetteError('INVALID_INPUT', { field: 'query' });
  const doubled = PARAMETERS.find((name) => query.getAll(name).length > 1);
  if (doubled) throw new LancetteError('INVALID_INPUT', { field: doubled });
  return questionOf(Object.fromEntries(query));
}

function dayOf(name: 'from' | 'to', given: string | null | undefined): { readonly [Name in 'from' | 'to']?: string } {
  if (given === undefined || given === null) return {};
  if (!isCampaignDay(given)) throw new LancetteError('INVALID_INPUT', { field: name });
  return { [name]: given };
}

function oneOf<T extends object>(choices: T, name: string, given: string | null | undefined): keyof T | undefined {
  if (given === undefined || given === null) return undefined;
  if (!Object.hasOwn(choices, given)) throw new LancetteError('INVALID_INPUT', { field: name });
  return given as keyof T;
}

/** One text for one question: what is kept under it is never given for another. */
export const textOf = ({ table, from = '', to = '', show, period, mode }: Question): string =>
  [table, from, to, show, period, mode].join('|');
