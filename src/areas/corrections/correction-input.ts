import { IsIn, IsOptional, IsUUID, Matches, Max, Min } from 'class-validator';
import { Field, ID, InputType, Int, registerEnumType } from 'type-graphql';
import { PrescriberInput } from '../eligibility/eligibility-input.js';
import { Instant } from '../patients/scalars.js';
import { CorrectionReason } from './superseded-step.js';

registerEnumType(CorrectionReason, {
  name: 'CorrectionReason',
  description: 'Motif d’une rectification (RGPD, art. 16) ; jamais un texte libre (AIPD M1.48).',
});

@InputType()
class CorrectionInput {
  @Field(() => ID)
  @IsUUID()
  patientId!: string;

  @Field(() => ID, { description: 'Clé d’idempotence choisie par l’appelant (UUID).' })
  @IsUUID()
  idempotencyKey!: string;

  @Field(() => CorrectionReason)
  @IsIn(Object.values(CorrectionReason))
  reason!: CorrectionReason;
}

@InputType({ description: 'Ce qui n’est pas donné ne change pas.' })
export class InjectionCorrectionInput extends CorrectionInput {
  @Field(() => Int, { description: 'Rang de la dose rectifiée.' })
  @Min(1)
  @Max(9)
  rank!: number;

  @Field(() => String, { nullable: true })
  @IsOptional()
  @Matches(/^EU\/1\/\d\d\/\d{4}$/)
  vaccine?: string;

  @Field(() => String, { nullable: true })
  @IsOptional()
  @Matches(/^[A-Z0-9-]{4,12}$/)
  lotNumber?: string;

  @Field(() => String, { nullable: true })
  @IsOptional()
  @IsIn(['INJECTABLE'])
  administrationRoute?: string;

  @Field(() => String, { nullable: true })
  @IsOptional()
  @IsIn(['LEFT_ARM', 'RIGHT_ARM'])
  injectionSite?: string;

  @Field(() => Instant, { nullable: true })
  performedAt?: string;

  @Field(() => Int, { nullable: true })
  @IsOptional()
  @Min(1)
  @Max(13)
  placeCategory?: number;

  @Field(() => String, { nullable: true })
  @IsOptional()
  @Matches(/^\d[0-9AB]\d{7}$/)
  placeFiness?: string | null;

  @Field(() => String, { nullable: true })
  @IsOptional()
  @Matches(/^\d{14}$/)
  placeSiret?: string | null;
}

@InputType({ description: 'Ce qui n’est pas donné ne change pas. Le 6° n’est ni lu ni changé.' })
export class EligibilityCorrectionInput extends CorrectionInput {
  @Field(() => Instant, { nullable: true })
  performedAt?: string;

  @Field(() => Instant, { nullable: true })
  prescribedAt?: string;

  @Field(() => PrescriberInput, { nullable: true, description: 'Nul : le professionnel connecté a prescrit.' })
  @IsOptional()
  prescriber?: PrescriberInput | null;
}

@InputType()
export class WithdrawalInput {
  @Field(() => ID)
  @IsUUID()
  patientId!: string;

  @Field(() => ID, { description: 'Clé d’idempotence choisie par l’appelant (UUID).' })
  @IsUUID()
  idempotencyKey!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Rang de la dose, la dernière ; absent : la consultation préalable.',
  })
  @IsOptional()
  @Min(1)
  @Max(9)
  rank?: number | null;
}
