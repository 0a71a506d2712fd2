import { addDays } from '../../kernel/days.js';
import { AGE_CLASSES } from '../../law/indicators.js';
import { type Campaign, RANKS } from './campaign-files.js';
import { sumOf } from './plan.js';
import type { Prepared } from './replay.service.js';
import { type Scale, scaled } from './scaling.js';

/**
 * Where the published series cannot all be true of one register, or where the scale cannot keep two of them at once. The
 * replay keeps the ranks; what it could not keep is told here, line by line.
 */
export const RECONCILIATIONS = {
  RANK_UNFILLED: 'dose de rang supérieur sans personne du rang précédent : non rejouée',
  STAGE_COMPLETE: 'schémas complets publiés qu’aucun registre ne peut avoir avec ces rangs',
  STAGE_BOOSTER: 'premiers rappels publiés qu’aucun registre ne peut avoir ce jour avec ces rangs',
  STAGE_SECOND_BOOSTER:
    'deuxièmes rappels publiés qu’aucun registre ne peut avoir avec ces rangs (dont les doses de rang 5 et plus)',
  EARLY: 'doses plus tôt que les règles datées : les séries ne laissent personne d’autre',
  MARGIN_VACCINES: 'somme des vaccins et série nationale diffèrent',
  MARGIN_AGES: 'somme des classes d’âge et des vaccins diffèrent : répartie au plus fort reste',
  DEPARTMENT_UNKNOWN: 'département que le registre ne connaît pas : sa population n’est pas représentée',
} as const;

export interface Reconciliation {
  readonly kind: keyof typeof RECONCILIATIONS;
  readonly day?: string;
  /** Code of the published series, of the département, or the rank concerned. */
  readonly of: string;
  /** What the scaled series ask for, and what the replay holds. */
  readonly published: number;
  readonly replayed: number;
}

/** Every line, over the days of the plan. */
export function reconcile(prepared: Prepared, scale: Scale): Reconciliation[] {
  const { campaign, plan, last } = prepared;
  return [
    ...plan.unfilled.map(({ day, vaccine, rank, missing }) => {
      const published = plan.targets[vaccine]?.doses[rank - 1]?.[day] ?? 0;
      const of = `${campaign.vaccines[vaccine]?.code}/${rank}`;
      return {
        kind: 'RANK_UNFILLED',
        day: addDays(campaign.from, day),
        of,
        published,
        replayed: published - missing,
      } as const;
    }),
    ...stages(prepared),
    ...plan.early.flatMap((doses, at) =>
      doses === 0 ? [] : [{ kind: 'EARLY', of: `rang ${at + 2}`, published: doses, replayed: doses } as const],
    ),
    ...margins(campaign, scale, last),
    ...campaign.unknownDepartments.map(
      ({ code, population }) => ({ kind: 'DEPARTMENT_UNKNOWN', of: code, published: population, replayed: 0 }) as const,
    ),
  ];
}

function stages({ campaign, plan, last }: Prepared): Reconciliation[] {
  const lines: Reconciliation[] = [];
  for (const [vaccine, { complete, boosters }] of plan.targets.entries()) {
    const code = campaign.vaccines[vaccine]?.code ?? '';
    for (const [kind, asked, held] of [
      ['STAGE_COMPLETE', complete, plan.stages.COMPLETE[vaccine]],
      ['STAGE_BOOSTER', boosters[0], plan.stages.BOOSTER[vaccine]],
      ['STAGE_SECOND_BOOSTER', boosters[1], plan.stages.SECOND_BOOSTER[vaccine]],
    ] as const) {
      for (let day = 0; day <= last; day += 1) {
        const [published, replayed] = [asked[day] ?? 0, held?.[day] ?? 0];
        if (published !== replayed)
          lines.push({ kind, day: addDays(campaign.from, day), of: code, published, replayed });
      }
    }
  }
  return lines;
}

/** Of the totals: over the days replayed by vaccine, over the whole series by age, since no file has ages by day. */
function margins(campaign: Campaign, scale: Scale, last: number): Reconciliation[] {
  const lines: Reconciliation[] = [];
  const until = (series: Float64Array) => scaled(sumOf(series.subarray(0, last + 1)), scale);
  for (const [at, rank] of RANKS.entries()) {
    const published = until(campaign.all.doses[at] as Float64Array);
    const replayed = scaled(
      campaign.vaccines.reduce((sum, { doses }) => sum + sumOf((doses[at] as Float64Array).subarray(0, last + 1)), 0),
      scale,
    );
    if (published !== replayed) lines.push({ kind: 'MARGIN_VACCINES', of: `rang ${rank}`, published, replayed });
  }
  const byAge = campaign.ages.reduce((sum, { firstDoses }) => sum + firstDoses, 0);
  const national = sumOf(campaign.all.doses[0] ?? []);
  if (byAge !== national) {
    lines.push({ kind: 'MARGIN_AGES', of: `${AGE_CLASSES.length} classes`, published: national, replayed: byAge });
  }
  return lines;
}
