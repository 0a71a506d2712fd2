import type { GraphQLResolveInfo } from 'graphql';
import type { Step } from '../../db/pipeline.js';
import type { NirIndex } from '../../db/sealing.js';
import { categoryOf, type FieldId } from '../../law/fields.js';
import type { RequestContext } from '../../read/context.js';
import { madeFrom } from '../../read/needed.js';
import { Source } from '../../read/plan.js';
import { type CareInput, careOf } from './care-input.js';
import type { Intake } from './intake.js';
import { THE_PATIENT } from './patient.plans.js';

export type CareContext = RequestContext<{ readonly nirIndex: NirIndex; readonly intake: Intake }>;

/** The patient in care, taken in when only a referential knows him (AIPD M1.50). */
export function sourceOfCare(input: CareInput, { services }: CareContext, permit?: Step): Source {
  const care = careOf(input, services.nirIndex);
  const { nirIndex } = care;
  return new Source(THE_PATIENT, [], {
    ...{ care, permit },
    ...(nirIndex && { beforehand: () => services.intake.takeIn(nirIndex) }),
  });
}

/**
 * The patient in care as the caller's own view shows him, for an answer that is no selection of the document: the same
 * walls, and a trace under the categories of the fields that the answer uses.
 * @returns null when nobody is found
 */
export async function shownPatient<Shown>(
  input: CareInput,
  fields: readonly FieldId[],
  context: CareContext,
  { path, fieldName }: Pick<GraphQLResolveInfo, 'path' | 'fieldName'>,
  permit?: Step,
): Promise<Shown | null> {
  const key = String(path.key);
  const verdict = context.judgement.get(key);
  const categories = [...new Set(fields.flatMap((field) => categoryOf(field) ?? []))];
  const judgement = new Map(verdict ? [[key, { ...verdict, categories }]] : []);
  const root = { key, name: fieldName, needs: madeFrom(fields) };
  const found = await context.execute(sourceOfCare(input, context, permit), root, { ...context, judgement });
  return found as Shown | null;
}
