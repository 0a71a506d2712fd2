import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../read/context.js';
import { Patient } from '../patients/patient.js';
import { Attestation } from './attestation.js';
import type { AttestationService } from './attestation.service.js';
import { AttestationInput } from './attestation-input.js';

/** The services that this area calls. */
type Context = RequestContext<{ readonly attestations: AttestationService }>;

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
