import type { GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { lawfulSchema } from './access/views.js';
import { AccreditationsResolver } from './areas/accreditations/accreditations.resolver.js';
import { AttestationResolver } from './areas/attestation/attestation.resolver.js';
import { CorrectionsResolver } from './areas/corrections/corrections.resolver.js';
import { EligibilityResolver } from './areas/eligibility/eligibility.resolver.js';
import { IndicatorsResolver } from './areas/indicators/indicators.resolver.js';
import { InjectionResolver } from './areas/injection/injection.resolver.js';
import { StepSummaryResolver } from './areas/injection/step-summary.resolver.js';
import { VaccinationOfferResolver } from './areas/injection/vaccination-site.resolver.js';
import { PatientInvitationsResolver } from './areas/invitations/invitation.resolver.js';
import { InvitationPhasesResolver } from './areas/invitations/phases.resolver.js';
import { PatientResolver } from './areas/patients/patient.resolver.js';
import { UnvaccinatedListResolver } from './areas/patients/unvaccinated-list.resolver.js';
import { AdverseEffectResolver } from './areas/pharmacovigilance/adverse-effect.resolver.js';
import { ActResolver } from './areas/remuneration/act.resolver.js';
import { ObjectionResolver } from './areas/rights/objection.resolver.js';
import { RightsResolver } from './areas/rights/rights.resolver.js';
import { SupplyResolver } from './areas/supply/supply.resolver.js';
import { TargetingResolver } from './areas/targeting/targeting.resolver.js';
import { TraceResolver } from './areas/traces/trace.resolver.js';

/** The full schema: public, like the decree. Nobody is served it; every view is cut from it. */
export const fullSchema = (): GraphQLSchema =>
  lawfulSchema(
    buildSchemaSync({
      resolvers: [
        PatientResolver,
        UnvaccinatedListResolver,
        PatientInvitationsResolver,
        EligibilityResolver,
        InjectionResolver,
        VaccinationOfferResolver,
        StepSummaryResolver,
        AdverseEffectResolver,
        AttestationResolver,
        ActResolver,
        TargetingResolver,
        InvitationPhasesResolver,
        TraceResolver,
        AccreditationsResolver,
        RightsResolver,
        ...([CorrectionsResolver, ObjectionResolver, SupplyResolver] as const),
        IndicatorsResolver,
      ],
      orphanedTypes: [],
      // Never echo the input: it may hold a NIR.
      validate: {
        validationError: { target: false, value: false },
        forbidUnknownValues: false,
        whitelist: false,
        stopAtFirstError: true,
      },
    }),
  );
