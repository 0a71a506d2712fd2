import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import { Source } from '../../read/plan.js';
import { careOf } from '../patients/care-input.js';
import { Patient } from '../patients/patient.js';
import { THE_PATIENT } from '../patients/patient.plans.js';
import type { Context } from '../services.js';
import { InjectionInput } from './injection-input.js';
import { InjectionStep } from './injection-step.js';

@Resolver(() => Patient)
export class InjectionResolver {
  @FieldResolver(() => [InjectionStep], { nullable: true })
  injectionSteps(@Root() patient: { injectionSteps: InjectionStep[] | null }): InjectionStep[] | null {
    return patient.injectionSteps;
  }

  @Mutation(() => Patient)
  async recordInjection(
    @Arg('input') input: InjectionInput,
    @Ctx() { principal, requestId, services }: Context,
  ): Promise<Source> {
    const care = careOf(input, services.nirIndex);
    await services.pathway.recordInjection({ principal, requestId, care, input });
    return new Source(THE_PATIENT, [], { care });
  }
}
