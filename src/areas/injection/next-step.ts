import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import { Day } from '../patients/scalars.js';

export enum NextStepKind {
  ELIGIBILITY = 'ELIGIBILITY',
  INJECTION = 'INJECTION',
  BOOSTER = 'BOOSTER',
}
registerEnumType(NextStepKind, {
  name: 'NextStepKind',
  description: 'Consultation préalable, dose du schéma initial, ou rappel.',
});

/** The step that the register proposes after the last one (AIPD, suivi): computed, never stored. */
@ObjectType({ description: 'L’étape suivante proposée, par les règles en vigueur ce jour.' })
export class NextStep {
  @Field(() => NextStepKind)
  kind!: NextStepKind;

  @Field(() => Int, { nullable: true, description: 'Rang de la dose.' })
  rank!: number | null;

  @Field(() => Day, { nullable: true, description: 'Premier jour ; absent si aucune source ne le donne.' })
  earliestOn!: string | null;

  @Field(() => Day, { nullable: true, description: 'Dernier jour de l’intervalle recommandé.' })
  latestOn!: string | null;

  @Field({ description: 'Source de la règle.' })
  source!: string;
}
