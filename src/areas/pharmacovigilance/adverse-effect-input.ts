import { Max, Min } from 'class-validator';
import { Field, InputType, Int } from 'type-graphql';
import { CareInput } from '../patients/care-input.js';

@InputType()
export class AdverseEffectInput extends CareInput {
  @Field(() => Int, { nullable: true, description: 'Rang de l’injection en cause ; la dernière si absent.' })
  @Min(1)
  @Max(9)
  rank?: number;
}
