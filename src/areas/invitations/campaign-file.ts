import { z } from 'zod';
import { isDay } from '../../kernel/days.js';
import { LancetteError } from '../../kernel/errors.js';
import { isCriterionCode } from '../../kernel/identifiers.js';
import { regionOf } from '../../law/regions.js';
import { CHANNELS } from './channels.js';

const day = z.string().refine(isDay);
const channel = z.enum(CHANNELS);
const code = z.string().regex(/^[A-Z0-9]{1,12}$/);
/** Codes without meaning here: their labels are kept elsewhere, and a label is refused (AIPD, minimisation). */
const criterion = z.string().refine(isCriterionCode);
const distinct = (list: readonly string[]): boolean => new Set(list).size === list.length;

const Phase = z
  .strictObject({
    code,
    startsOn: day,
    endsOn: day.nullable().default(null),
    criteriaCodes: z.array(criterion).max(64).refine(distinct).default([]),
    everyone: z.boolean().default(false),
    channels: z.array(channel).refine(distinct).default([]),
    withoutInvitation: z.boolean().default(false),
  })
  .refine(({ startsOn, endsOn }) => endsOn === null || endsOn >= startsOn, { path: ['endsOn'] })
  .refine(({ everyone, criteriaCodes }) => everyone !== criteriaCodes.length > 0, { path: ['criteriaCodes'] })
  .refine(({ withoutInvitation, channels }) => withoutInvitation === (channels.length === 0), { path: ['channels'] });
export type PhaseDeclaration = z.output<typeof Phase>;

const perDay = z.int().min(0).max(10_000_000);
const Channel = z.strictObject({ channel, startsOn: day, perDay });
const Department = z.strictObject({
  department: z.string().refine((text) => regionOf(text) !== undefined),
  startsOn: day,
  perDay,
});

const Phases = z.strictObject({
  phases: z
    .array(Phase)
    .min(1)
    .max(100)
    .refine((list) => distinct(list.map((phase) => phase.code))),
});
const Capacities = z.strictObject({
  channels: z
    .array(Channel)
    .default([])
    .refine((list) => distinct(list.map((one) => `${one.channel} ${one.startsOn}`))),
  departments: z
    .array(Department)
    .default([])
    .refine((list) => distinct(list.map((one) => `${one.department} ${one.startsOn}`))),
});
export type CapacityDeclaration = z.output<typeof Capacities>;

/**
 * Phases, from JSON (`{"phases": […]}`) or CSV with the header `code;startsOn;endsOn;criteriaCodes;everyone;channels;withoutInvitation`,
 * lists parted by commas.
 * @throws CAMPAIGN_DECLARATION with the place at fault, never its value
 */
export const parsePhases = (text: string): readonly PhaseDeclaration[] =>
  read(
    Phases,
    isJson(text)
      ? text
      : rows(text).map((row) => ({
          ...row,
          endsOn: row.endsOn || null,
          criteriaCodes: list(row.criteriaCodes),
          channels: list(row.channels),
          everyone: flag(row.everyone),
          withoutInvitation: flag(row.withoutInvitation),
        })),
    'phases',
  ).phases;

/**
 * Capacities, from JSON (`{"channels": […], "departments": […]}`) or CSV with the header `channel;department;startsOn;perDay`,
 * of which each line fills one of the first two.
 * @throws CAMPAIGN_DECLARATION
 */
export function parseCapacities(text: string): CapacityDeclaration {
  if (isJson(text)) return read(Capacities, text, '');
  const all = rows(text);
  const declared = all.map(({ channel, department, startsOn, perDay }) => ({
    ...(channel && { channel }),
    ...(department && { department }),
    startsOn,
    perDay: /^\d{1,8}$/.test(perDay ?? '') ? Number(perDay) : perDay,
  }));
  return read(
    Capacities,
    {
      channels: declared.filter((one) => 'channel' in one),
      departments: declared.filter((one) => !('channel' in one)),
    },
    '',
  );
}

const isJson = (text: string): boolean => text.trimStart().startsWith('{');
const list = (cell = ''): string[] => cell.split(',').filter(Boolean);
const flag = (cell = ''): unknown => (cell === 'true' ? true : cell === 'false' || cell === '' ? false : cell);

function rows(text: string): Record<string, string>[] {
  const [header = '', ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  const names = header.split(';');
  return lines.flatMap((line, at) => {
    if (line === '') return [];
    const cells = line.split(';');
    if (cells.length !== names.length) throw new LancetteError('CAMPAIGN_DECLARATION', { field: `line ${at + 2}` });
    return [Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']))];
  });
}

function read<T>(schema: z.ZodType<T>, given: unknown, member: string): T {
  const parsed = schema.safeParse(typeof given === 'string' ? json(given) : member ? { [member]: given } : given);
  if (parsed.success) return parsed.data;
  throw new LancetteError('CAMPAIGN_DECLARATION', { field: parsed.error.issues[0]?.path.join('.') || 'file' });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new LancetteError('CAMPAIGN_DECLARATION', { field: 'JSON' });
  }
}
