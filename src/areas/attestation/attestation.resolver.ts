import { Arg, Ctx, Field, FieldResolver, ID, InputType, Mutation, Resolver, Root } from 'type-graphql';
import { Patient } from '../patients/patient.js';
import { BirthDate, InvitationCodeScalar, Nir } from '../patients/scalars.js';
import type { Context } from '../services.js';
import { Attestation } from './attestation.js';

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

@Resolver(() => Patient)
export class AttestationResolver {
  @FieldResolver(() => [Attestation])
  attestations(@Root() patient: { attestations: Attestation[] }): Attestation[] {
    return patient.attestations;
  }

  @Mutation(() => Attestation)
  issueAttestation(
    @Arg('input', { nullable: true }) input: AttestationInput,
    @Ctx() context: Context,
  ): Promise<Attestation> {
    return context.services.attestations.issue(context, input ?? {});
  }
}
