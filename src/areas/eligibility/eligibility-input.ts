import { ArrayMaxSize, IsUUID, Matches, MaxLength } from 'class-validator';
import { Field, ID, InputType } from 'type-graphql';
import { CareInput } from '../patients/care-input.js';
import { Instant } from '../patients/scalars.js';

/** The prescriber as the prescription shows him: an indication, unverified (AIPD, suivi). */
@InputType({ description: 'Prescripteur repris de l’ordonnance, à titre indicatif.' })
export class PrescriberInput {
  @Field({ nullable: true })
  @Matches(/^\d{11}$/)
  rpps?: string;

  @Field({ nullable: true })
  @Matches(/^[0-9A-Z]{8,9}$/)
  amNumber?: string;

  @Field()
  @MaxLength(80)
  @Matches(/^[\p{L}\p{M}' -]+$/u)
  familyName!: string;

  @Field()
  @MaxLength(80)
  @Matches(/^[\p{L}\p{M}' -]+$/u)
  firstName!: string;
}

@InputType()
export class EligibilityInput extends CareInput {
  @Field(() => ID, { description: 'Clé d’idempotence choisie par l’appelant (UUID).' })
  @IsUUID()
  idempotencyKey!: string;

  @Field(() => Instant)
  performedAt!: string;

  @Field(() => [String], { defaultValue: [] })
  @ArrayMaxSize(20)
  @Matches(/^EU\/1\/\d\d\/\d{4}$/, { each: true })
  notRecommendedVaccines!: string[];

  @Field({ description: 'La personne accepte d’entrer dans le parcours, informée.' })
  personAgrees!: boolean;

  @Field({ description: 'La personne a été informée du traitement de ses données.' })
  personInformed!: boolean;

  @Field({ description: 'Je suis le professionnel qui délivre l’ordonnance.', defaultValue: true })
  deliversPrescription!: boolean;

  @Field(() => PrescriberInput, { nullable: true })
  prescriber?: PrescriberInput;

  @Field(() => Instant, { nullable: true })
  prescribedAt?: string;
}
