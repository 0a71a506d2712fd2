import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, Info, Mutation, Resolver, Root } from 'type-graphql';
import type { NirIndex } from '../../db/sealing.js';
import type { RequestContext } from '../../read/context.js';
import type { Source } from '../../read/plan.js';
import { careOf } from '../patients/care-input.js';
import { Patient } from '../patients/patient.js';
import type { EligibilityService } from './eligibility.service.js';
import { EligibilityInput } from './eligibility-input.js';
import { EligibilityStep } from './eligibility-step.js';
import { recordingOf } from './step-recorder.js';

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
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Source> {
    const care = careOf(input, context.services.nirIndex);
    return context.services.eligibility.record(recordingOf(context, info, care, input));
  }
}
