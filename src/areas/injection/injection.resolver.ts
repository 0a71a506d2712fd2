import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, Info, Mutation, Resolver, Root } from 'type-graphql';
import type { NirIndex } from '../../db/sealing.js';
import { dayOf } from '../../kernel/days.js';
import type { RequestContext } from '../../read/context.js';
import type { Source } from '../../read/plan.js';
import { recordingOf } from '../eligibility/step-recorder.js';
import { careOf } from '../patients/care-input.js';
import { Patient } from '../patients/patient.js';
import type { InjectionService } from './injection.service.js';
import { InjectionInput } from './injection-input.js';
import { InjectionStep } from './injection-step.js';
import { NextStep } from './next-step.js';
import { nextStepOf, type ShownPatient, warningsOf } from './pathway.js';
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
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<Source> {
    const care = careOf(input, context.services.nirIndex);
    return context.services.injections.record(recordingOf(context, info, care, input));
  }
}
