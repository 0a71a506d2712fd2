import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { NirIndex } from '../../db/sealing.js';
import type { RequestContext } from '../../read/context.js';
import { Source } from '../../read/plan.js';
import { careOf } from '../patients/care-input.js';
import { Patient } from '../patients/patient.js';
import { THE_PATIENT } from '../patients/patient.plans.js';
import type { EligibilityService } from './eligibility.service.js';
import { EligibilityInput } from './eligibility-input.js';
import { EligibilityStep } from './eligibility-step.js';

/** The services that this area calls. */
type Context = RequestContext<{ readonly nirIndex: NirIndex; readonly eligibility: EligibilityService }>;

@Resolver(() => Patient)
export class EligibilityResolver {
  @FieldResolver(() => EligibilityStep, { nullable: true })
  eligibilityStep(@Root() patient: { eligibilityStep: EligibilityStep | null }): EligibilityStep | null {
    return patient.eligibilityStep;
  }

  @Mutation(() => Patient)
  async recordEligibility(
    @Arg('input') input: EligibilityInput,
    @Ctx() { principal, requestId, address, pace, services }: Context,
  ): Promise<Source> {
    const care = careOf(input, services.nirIndex);
    await services.eligibility.record({ principal, requestId, address, pace, care, input });
    return new Source(THE_PATIENT, [], { care });
  }
}
