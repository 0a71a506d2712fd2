import { Arg, Ctx, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';
import type { NirIndex } from '../../db/sealing.js';
import type { RequestContext } from '../../read/context.js';
import { Source } from '../../read/plan.js';
import { careOf } from '../patients/care-input.js';
import { Patient } from '../patients/patient.js';
import { THE_PATIENT } from '../patients/patient.plans.js';
import type { InjectionService } from './injection.service.js';
import { InjectionInput } from './injection-input.js';
import { InjectionStep } from './injection-step.js';
import { NextStep } from './next-step.js';
import { nextStepOf, type ShownPatient, warningsOf } from './pathway.js';
import { dayOf } from './schedule.js';
import { StepWarning } from './step-warning.js';

/** The services that this area calls. */
type Context = RequestContext<{ readonly nirIndex: NirIndex; readonly injections: InjectionService }>;

@Resolver(() => Patient)
export class InjectionResolver {
  @FieldResolver(() => [InjectionStep], { nullable: true })
  injectionSteps(@Root() patient: { injectionSteps: InjectionStep[] | null }): InjectionStep[] | null {
    return patient.injectionSteps;
  }

  @FieldResolver(() => NextStep, { nullable: true })
  nextStep(@Root() patient: ShownPatient, @Ctx() { services }: Context): NextStep | null {
    return nextStepOf(patient, dayOf(services.injections.now()));
  }

  @FieldResolver(() => [StepWarning])
  warnings(@Root() patient: ShownPatient, @Ctx() { language }: Context): StepWarning[] {
    return warningsOf(patient, language);
  }

  @Mutation(() => Patient)
  async recordInjection(
    @Arg('input') input: InjectionInput,
    @Ctx() { principal, requestId, address, pace, services }: Context,
  ): Promise<Source> {
    const care = careOf(input, services.nirIndex);
    await services.injections.record({ principal, requestId, address, pace, care, input });
    return new Source(THE_PATIENT, [], { care });
  }
}
