import type { GraphQLResolveInfo } from 'graphql';
import type { NirIndex } from '../../db/sealing.js';
import { categoryOf, type FieldId } from '../../law/fields.js';
import type { RequestContext } from '../../read/context.js';
import { madeFrom } from '../../read/needed.js';
import type { Source } from '../../read/plan.js';
import { type CareInput, careOf } from './care-input.js';
import type { Intake } from './intake.js';
import { patientInCare } from './patient.plans.js';

export type CareContext = RequestContext<{ readonly nirIndex: NirIndex; readonly intake: Intake }>;

/** The patient in care whom the arguments of a field name. */
export const sourceOfCare = (input: CareInput, { services }: CareContext): Source =>
  patientInCare(careOf(input, services.nirIndex), services.intake);

/**
 * The patient in care as the caller's own view shows him, for an answer that is no selection of the document: the same
 * walls, and a trace under the categories of the fields that the answer uses.
 * @param permits functions of the database that are the right to such an answer
 * @returns null when nobody is found
 */
export async function shownPatient<Shown>(
  input: CareInput,
  fields: readonly FieldId[],
  context: CareContext,
  { path, fieldName }: Pick<GraphQLResolveInfo, 'path' | 'fieldName'>,
  permits: readonly string[] = [],
): Promise<Shown | null> {
  const key = String(path.key);
  const verdict = context.judgement.get(key);
  const categories = [...new Set(fields.flatMap((field) => categoryOf(field) ?? []))];
  const judgement = new Map(verdict ? [[key, { ...verdict, categories }]] : []);
  const root = { key, name: fieldName, needs: madeFrom(fields, permits) };
  const found = await context.execute(sourceOfCare(input, context), root, { ...context, judgement });
  return found as Shown | null;
}
