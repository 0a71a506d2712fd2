import { IsIn, IsUUID, Matches, Max, Min } from 'class-validator';
import { Field, ID, InputType, Int } from 'type-graphql';
import { PLACE_CATEGORY_CODES } from '../../law/place-categories.js';
import { ROUTES, SITES } from '../../law/vaccines.js';
import { CareInput } from '../patients/care-input.js';
import { Instant } from '../patients/scalars.js';

@InputType()
export class InjectionInput extends CareInput {
  @Field(() => ID, { description: 'Clé d’idempotence choisie par l’appelant (UUID).' })
  @IsUUID()
  idempotencyKey!: string;

  @Field(() => Int, { description: 'Rang de la dose, à partir de 1.' })
  @Min(1)
  @Max(9)
  rank!: number;

  @Field({ description: 'Numéro d’autorisation européenne du vaccin.' })
  @Matches(/^EU\/1\/\d\d\/\d{4}$/)
  vaccine!: string;

  @Field()
  @Matches(/^[A-Z0-9-]{4,12}$/)
  lotNumber!: string;

  @Field({ defaultValue: 'INJECTABLE' })
  @IsIn(Object.keys(ROUTES))
  administrationRoute!: string;

  @Field()
  @IsIn(Object.keys(SITES))
  injectionSite!: string;

  @Field(() => Instant)
  performedAt!: string;

  @Field(() => Int, { description: 'Catégorie du lieu, 1 à 13.' })
  @IsIn(PLACE_CATEGORY_CODES)
  placeCategory!: number;

  @Field({ nullable: true })
  @Matches(/^\d[0-9AB]\d{7}$/)
  placeFiness?: string;

  @Field({ nullable: true })
  @Matches(/^\d{14}$/)
  placeSiret?: string;

  @Field({ description: 'La personne accepte l’injection, informée.' })
  personAgrees!: boolean;

  @Field({ description: 'La personne a été informée du traitement de ses données.' })
  personInformed!: boolean;
}
