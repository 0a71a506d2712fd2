import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { dayOf } from '../kernel/days.js';
import { LancetteError } from '../kernel/errors.js';
import {
  ACTS,
  type Act,
  NO_PROFESSION,
  PRACTICE_CATEGORIES,
  PROFESSION_LABELS,
  PROFESSIONS,
  type ProfessionRule,
} from '../law/professions.js';
import type { ProfessionalIdentity } from './principal.js';

/** The same table from a file: its sources are texts that a jurist wrote there. */
const Rules = z
  .array(
    z.strictObject({
      profession: z.string().regex(/^\d{2}$/),
      speciality: z
        .string()
        .regex(/^[A-Z0-9]{2,10}$/)
        .optional(),
      categories: z.array(z.enum(PRACTICE_CATEGORIES)).min(1),
      from: z.iso.date(),
      consult: z.boolean(),
      prescribe: z.boolean(),
      inject: z.boolean(),
      source: z.string().min(5).max(200),
    }),
  )
  .min(1);

type Rule = Omit<ProfessionRule, 'source'> & { readonly source: string };
type Practice = Pick<ProfessionalIdentity, 'profession' | 'practiceCategory' | 'speciality' | 'category'>;

/** Which profession may perform which act of the pathway. Whom no rule names may do nothing. */
export class Competences {
  constructor(private readonly rules: readonly Rule[] = PROFESSIONS) {}

  /**
   * The table that a file puts in the place of the law's; without a file, the law's.
   * @throws a sentence naming the faulty entries, never a value; nothing starts then
   */
  static read(file: string | undefined): Competences {
    if (!file) return new Competences();
    const parsed = Rules.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    if (parsed.success) return new Competences(parsed.data);
    throw new Error(
      `professions: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`,
    );
  }

  /** The acts that this professional may perform on that day. */
  actsOf(practice: Practice, now: Date): Act[] {
    const rule = this.ruleOf(practice, now);
    return ACTS.filter((act) => rule?.[act]);
  }

  /**
   * Judged on the day of the recording: the date of the act is the caller's word.
   * @throws FORBIDDEN_OPERATION with the source of the rule
   */
  require(
    professional: Practice | undefined,
    { acts, operation, now }: { acts: readonly Act[]; operation: string; now: Date },
  ): void {
    const rule = professional && this.ruleOf(professional, now);
    if (rule && acts.every((act) => rule[act])) return;
    throw new LancetteError('FORBIDDEN_OPERATION', { article: rule?.source ?? NO_PROFESSION, field: operation });
  }

  private ruleOf(practice: Practice, now: Date): Rule | undefined {
    const profession = practice.profession ?? codeOfLabel(practice.category);
    const category = practice.practiceCategory ?? 'C';
    const today = dayOf(now);
    const inForce = this.rules
      .filter((rule) => rule.profession === profession && rule.categories.some((one) => one === category))
      .filter((rule) => rule.from <= today)
      .sort((a, b) => (a.from < b.from ? 1 : -1));
    return inForce.find((rule) => rule.speciality && rule.speciality === practice.speciality) ?? general(inForce);
  }
}

const general = (rules: readonly Rule[]): Rule | undefined => rules.find((rule) => !rule.speciality);

/** The tokens of a demonstration name a profession by its label only. */
const codeOfLabel = (label: string): string | undefined =>
  Object.keys(PROFESSION_LABELS).find((code) => PROFESSION_LABELS[code] === label);
