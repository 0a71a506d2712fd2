import { Field, ID, InputType } from 'type-graphql';
import { BirthDate, InvitationCodeScalar, Nir } from '../patients/scalars.js';

/** Whose certificate: the patient in care by code or NIR, an insured person by identifier, or oneself by nothing. */
@InputType()
export class AttestationInput {
  @Field(() => InvitationCodeScalar, { nullable: true })
  code?: string;

  @Field(() => Nir, { nullable: true })
  nir?: string;

  @Field(() => BirthDate, { nullable: true })
  birthDate?: string;

  @Field(() => ID, { nullable: true })
  patientId?: string;
}
