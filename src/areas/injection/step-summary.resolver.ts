import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Info, Query, Resolver } from 'type-graphql';
import { SUMMARY_FIELDS } from '../../law/summary.js';
import type { Source } from '../../read/plan.js';
import { Patient } from '../patients/patient.js';
import { BirthDate, InvitationCodeScalar, Nir } from '../patients/scalars.js';
import { type CareContext, shownPatient, sourceOfCare } from '../patients/shown-patient.js';
import type { InjectionService } from './injection.service.js';
import { type SummarisedPatient, summaryPdf } from './step-summary.js';

/** The services that this area calls. */
type Context = CareContext & { readonly services: { readonly injections: InjectionService } };

/** The summary that follows each step (AIPD, suivi), as data and as the document to hand over. */
@Resolver()
export class StepSummaryResolver {
  @Query(() => Patient, { nullable: true })
  stepSummary(
    @Arg('birthDate', () => BirthDate) birthDate: string,
    @Ctx() context: Context,
    @Arg('code', () => InvitationCodeScalar, { nullable: true }) code?: string,
    @Arg('nir', () => Nir, { nullable: true }) nir?: string,
  ): Source {
    return sourceOfCare({ code, nir, birthDate }, context);
  }

  @Query(() => String, { nullable: true, description: 'PDF balisé, en base64.' })
  async stepSummaryPdf(
    @Arg('birthDate', () => BirthDate) birthDate: string,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
    @Arg('code', () => InvitationCodeScalar, { nullable: true }) code?: string,
    @Arg('nir', () => Nir, { nullable: true }) nir?: string,
  ): Promise<string | null> {
    // No source: the short path leaves this document to ordinary execution, which asks again.
    if (context.compiling) return null;
    const patient = await shownPatient<SummarisedPatient>({ code, nir, birthDate }, SUMMARY_FIELDS, context, info);
    return patient && (await summaryPdf(patient, context.services.injections.now())).toString('base64');
  }
}
