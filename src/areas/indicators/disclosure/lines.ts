import type { Calendar } from './calendar.js';
import type { Closure } from './closure.js';

/** A coarser declared table, and the series of it to which each series of the finer one adds up. */
export interface Parent {
  readonly closure: Closure;
  readonly of: Int32Array;
}

interface Span {
  readonly from: number;
  readonly to: number;
}

/** Series of one table that add up to one series of a coarser one. */
interface Line {
  readonly closure: Closure;
  readonly calendar: Calendar;
  readonly members: readonly number[];
  readonly parent: Closure;
  readonly total: number;
  readonly threshold: number;
}

/** What is closed in a coarser table is closed in the finer ones: else it would be their sum. */
export function inherit(closure: Closure, { closure: parent, of }: Parent): void {
  for (let series = 0; series < closure.margin.series; series += 1) {
    for (const { from, to, sealed } of parent.runs(of[series]!)) {
      if (closure.margin.sum(series, from, to) > 0) closure.close(series, from, to, sealed);
    }
  }
}

/**
 * Across series: whatever the coarser table publishes, less what this one publishes, must be nothing or at least
 * `threshold` doses of at least two series. Where it is not, the cheapest other series is closed over the same days.
 * @returns whether anything was closed
 */
export function closeLines(closure: Closure, { closure: parent, of }: Parent, threshold: number): boolean {
  const { calendar } = closure.margin.cube;
  const lines = new Map<number, number[]>();
  of.forEach((total, series) => {
    lines.set(total, [...(lines.get(total) ?? []), series]);
  });
  let closed = false;
  for (const [total, members] of lines) {
    const line = { closure, calendar, members, parent, total, threshold };
    while (closeLine(line)) closed = true;
  }
  return closed;
}

function closeLine(line: Line): boolean {
  let closed = false;
  for (const run of sealedRuns(line)) closed = closeSealed(line, run) || closed;
  for (const span of spansOf(line)) closed = closeSpan(line, span) || closed;
  return closed;
}

/** Every run of the line and every span of the calendar inside one, the longest first: long ones serve short ones. */
function spansOf({ closure, calendar, members }: Line): Span[] {
  const spans = new Map<number, Span>();
  const keep = (from: number, to: number): boolean => {
    const key = from * 65_536 + to;
    if (spans.has(key)) return false;
    spans.set(key, { from, to });
    return true;
  };
  for (const series of members) {
    for (const { from, to } of closure.runs(series)) {
      if (!keep(from, to)) continue;
      for (let kind = 1; kind < calendar.firsts.length; kind += 1) {
        for (let at = from; at <= to; at = calendar.lasts[kind]![at]! + 1) {
          const [first, last] = [calendar.firsts[kind]![at]!, calendar.lasts[kind]![at]!];
          if (first >= from && last <= to && last > first) keep(first, last);
        }
      }
    }
  }
  return [...spans.values()].sort((one, other) => other.to - other.from - (one.to - one.from) || one.from - other.from);
}

/** The widest spans of the calendar that a longer span is made of. */
function parts({ calendar }: Line, { from, to }: Span): Span[] {
  const found: Span[] = [];
  for (let at = from; at <= to; ) {
    let kind = calendar.firsts.length - 1;
    const fits = () => {
      const last = calendar.lasts[kind]![at]!;
      return calendar.firsts[kind]![at] === at && last <= to && (at > from || last < to);
    };
    while (kind > 0 && !fits()) kind -= 1;
    found.push({ from: at, to: calendar.lasts[kind]![at]! });
    at = calendar.lasts[kind]![at]! + 1;
  }
  return found;
}

/** Closes other series over `span` until no part of it can be told by subtraction. */
function closeSpan(line: Line, span: Span): boolean {
  const { closure, parent, total, threshold } = line;
  const { margin } = closure;
  if (parent.covers(total, span.from, span.to)) return false;
  let closed = false;
  for (;;) {
    const held = line.members.filter((series) => closure.covers(series, span.from, span.to));
    if (held.length === 0) return closed;
    const visible = parts(line, span)
      .map((part) => seenThrough(line, part, span))
      .filter((part) => part !== undefined);
    const heldIn = (part: Span) => held.reduce((sum, series) => sum + margin.sum(series, part.from, part.to), 0);
    const wanting = visible
      .map((part) => ({ part, doses: heldIn(part) }))
      .filter(({ doses }) => doses > 0 && doses < threshold);
    const open = line.members.filter((series) => !held.includes(series));
    const hub = wanting.length > 0 ? choose(line, open, span, wanting) : undefined;
    if (hub === undefined) return closed;
    closed = closure.close(hub, span.from, span.to) || closed;
  }
}

/** As much of the part as the coarser table shows: its own runs count as one; undefined where it shows nothing. */
function seenThrough({ parent, total }: Line, part: Span, within: Span): Span | undefined {
  const base = total * parent.margin.days;
  const from = Math.min(part.from, parent.first[base + part.from]!);
  const to = Math.max(part.to, parent.last[base + part.to]!);
  if (parent.sealed[base + part.from] === 1 && parent.covers(total, part.from, part.to)) return undefined;
  if (from <= within.from && to >= within.to) return undefined;
  return { from: Math.max(from, within.from), to: Math.min(to, within.to) };
}

/** The series that brings most of the doses that are wanting, for the resolution that it loses. */
function choose(
  { closure, threshold }: Line,
  candidates: readonly number[],
  span: Span,
  wanting: readonly { part: Span; doses: number }[],
): number | undefined {
  let best: { series: number; worth: number } | undefined;
  for (const series of candidates) {
    const brought = wanting.reduce(
      (sum, { part, doses }) => sum + Math.min(threshold - doses, closure.margin.sum(series, part.from, part.to)),
      0,
    );
    if (brought === 0) continue;
    const worth = brought / (1 + loss(closure, series, span));
    if (!best || worth > best.worth) best = { series, worth };
  }
  return best?.series;
}

function* sealedRuns({ closure, members }: Line): Generator<Span> {
  for (const series of members) for (const run of closure.runs(series)) if (run.sealed) yield run;
}

/** What is never published must not be the rest of what is: others are sealed over the same days. */
function closeSealed(line: Line, span: Span): boolean {
  const { closure, parent, total, members, threshold } = line;
  if (parent.sealed[total * parent.margin.days + span.from] === 1 && parent.covers(total, span.from, span.to)) {
    return false;
  }
  const sealedDoses = (): number => members.reduce((sum, series) => sum + sealedIn(closure, series, span), 0);
  let closed = false;
  for (let doses = sealedDoses(); doses < threshold; doses = sealedDoses()) {
    const open = members.filter((series) => !isSealed(closure, series, span));
    const hub = choose(line, open, span, [{ part: span, doses }]);
    if (hub === undefined) return closed;
    closed = closure.close(hub, span.from, span.to, true) || closed;
  }
  return closed;
}

const sealedIn = ({ margin, sealed }: Closure, series: number, { from, to }: Span): number => {
  let doses = 0;
  for (let cell = series * margin.days + from; cell <= series * margin.days + to; cell += 1) {
    if (sealed[cell] === 1) doses += margin.counts[cell]!;
  }
  return doses;
};

/** Doses that would be published by longer runs than now, each by how much longer on a logarithmic scale. */
const loss = ({ margin, first, last }: Closure, series: number, { from, to }: Span): number => {
  const base = series * margin.days;
  const [opens, ends] = [first[base + from]!, last[base + to]!];
  let lost = 0;
  for (let cell = base + opens; cell <= base + ends; cell += 1) {
    const doses = margin.counts[cell]!;
    if (doses > 0) lost += doses * Math.log2((ends - opens + 1) / (last[cell]! - first[cell]! + 1));
  }
  return lost;
};

const isSealed = (closure: Closure, series: number, { from, to }: Span): boolean => {
  const base = series * closure.margin.days;
  return closure.covers(series, from, to) && closure.sealed[base + from] === 1;
};
