import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { Source } from '../../read/plan.js';
import { careOf } from '../patients/care-input.js';
import { Patient } from '../patients/patient.js';
import { THE_PATIENT } from '../patients/patient.plans.js';
import type { Context } from '../services.js';
import { EligibilityInput } from './eligibility-input.js';
import { EligibilityStep } from './eligibility-step.js';

@Resolver(() => Patient)
export class EligibilityResolver {
  @FieldResolver(() => EligibilityStep, { nullable: true })
  eligibilityStep(@Root() patient: { eligibilityStep: EligibilityStep | null }): EligibilityStep | null {
    return patient.eligibilityStep;
  }

  @Mutation(() => Patient)
  async recordEligibility(
    @Arg('input') input: EligibilityInput,
    @Ctx() { principal, requestId, services }: Context,
  ): Promise<Source> {
    const care = careOf(input, services.nirIndex);
    await services.pathway.recordEligibility({ principal, requestId, care, input });
    return new Source(THE_PATIENT, [], { care });
  }
}
