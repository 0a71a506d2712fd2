import type { Calendar } from './calendar.js';
import type { Closure } from './closure.js';
import type { Margin } from './cube.js';

/** Whether the count of a series over some days must not be published. Zero is never small. */
export type IsSmall = (margin: Margin, series: number, from: number, to: number) => boolean;

/**
 * Along time: closes each small count with the spans of the calendar beside it, until their sum is no longer small. A
 * series that is small over the whole campaign is sealed.
 */
export function closeColumns(closure: Closure, isSmall: IsSmall): void {
  const { margin } = closure;
  const { calendar } = margin.cube;
  for (let series = 0; series < margin.series; series += 1) {
    const whole = trimmed(margin, series, 0, margin.days - 1);
    if (!whole) continue;
    if (isSmall(margin, series, whole.from, whole.to)) closure.close(series, whole.from, whole.to, true);
    else divide({ closure, calendar, isSmall, series }, 0, margin.days - 1, calendar.firsts.length - 1);
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

interface Group extends Span {
  readonly merged: boolean;
}

interface Column {
  readonly closure: Closure;
  readonly calendar: Calendar;
  readonly isSmall: IsSmall;
  readonly series: number;
}

/** The whole is not small: its small parts are closed with their neighbours, the others are looked at in turn. */
function divide(column: Column, from: number, to: number, kind: number): void {
  if (kind === 0) return;
  const { closure, calendar, series } = column;
  for (const group of grouped(column, calendar.parts(from, to, kind - 1))) {
    const run = trimmed(closure.margin, series, group.from, group.to);
    if (!run) continue;
    if (group.merged) closure.close(series, run.from, run.to);
    else divide(column, group.from, group.to, kind - 1);
  }
}

/** A small part goes with the parts that follow, and the last ones with those before. */
function grouped({ closure: { margin }, isSmall, series }: Column, parts: readonly Span[]): Group[] {
  const groups: Group[] = [];
  const small = (span: Span): boolean => isSmall(margin, series, span.from, span.to);
  let rest: Span | undefined;
  for (const part of parts) {
    const span = { from: rest?.from ?? part.from, to: part.to };
    if (!small(span)) groups.push({ ...span, merged: rest !== undefined });
    rest = small(span) ? span : undefined;
  }
  while (rest && groups.length > 0) {
    const span: Span = { from: groups.pop()!.from, to: rest.to };
    rest = small(span) ? span : undefined;
    if (!rest) groups.push({ ...span, merged: true });
  }
  return groups;
}

/** Without the empty days at both ends: these are published as zero. */
function trimmed(margin: Margin, series: number, from: number, to: number): { from: number; to: number } | undefined {
  const base = series * margin.days;
  let [first, last] = [from, to];
  while (first <= last && margin.counts[base + first] === 0) first += 1;
  while (last > first && margin.counts[base + last] === 0) last -= 1;
  return first <= last ? { from: first, to: last } : undefined;
}
