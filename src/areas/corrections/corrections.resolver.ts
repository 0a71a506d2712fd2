import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../read/context.js';
import { Source } from '../../read/plan.js';
import { Patient } from '../patients/patient.js';
import { PATIENT_BY_ID } from '../patients/patient.plans.js';
import { EligibilityCorrectionInput, InjectionCorrectionInput, WithdrawalInput } from './correction-input.js';
import type { CorrectionsService } from './corrections.service.js';

/** The services that this area calls. */
type Context = RequestContext<{ readonly corrections: CorrectionsService }>;

@Resolver()
export class CorrectionsResolver {
  @Mutation(() => Patient)
  async correctInjection(@Arg('input') input: InjectionCorrectionInput, @Ctx() context: Context): Promise<Source> {
    await context.services.corrections.correctInjection(context, input);
    return new Source(PATIENT_BY_ID, [input.patientId]);
  }

  @Mutation(() => Patient)
  async correctEligibility(@Arg('input') input: EligibilityCorrectionInput, @Ctx() context: Context): Promise<Source> {
    await context.services.corrections.correctEligibility(context, input);
    return new Source(PATIENT_BY_ID, [input.patientId]);
  }

  @Mutation(() => Patient)
  async withdrawStep(@Arg('input') input: WithdrawalInput, @Ctx() context: Context): Promise<Source> {
    await context.services.corrections.withdrawStep(context, input);
    return new Source(PATIENT_BY_ID, [input.patientId]);
  }
}
