import { Field, ObjectType } from 'type-graphql';

/** What the recording of a step is warned of: the step is recorded all the same. Computed, never stored. */
@ObjectType({ description: 'Alerte sur la dernière étape enregistrée : elle l’est malgré l’alerte.' })
export class StepWarning {
  @Field({ description: 'Code stable.' })
  code!: string;

  @Field()
  message!: string;

  @Field({ description: 'Source de la règle.' })
  source!: string;
}
