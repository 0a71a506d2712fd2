import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, Info, Mutation, Resolver } from 'type-graphql';
import { HAND_OFF } from '../../access/writes.js';
import { LancetteError } from '../../kernel/errors.js';
import { HANDOFF_FIELDS } from '../../law/handoff.js';
import { type CareContext, shownPatient } from '../patients/shown-patient.js';
import { AdverseEffectInput } from './adverse-effect-input.js';
import type { HandedPatient, HandoffService } from './handoff.service.js';

/** The services that this area calls. */
type Context = CareContext & { readonly services: { readonly handoffs: HandoffService } };

@Resolver()
export class AdverseEffectResolver {
  @Mutation(() => String, { description: 'Lien vers le portail, valable cinq minutes ; rien n’est conservé.' })
  async reportAdverseEffect(
    @Arg('input') { rank, ...care }: AdverseEffectInput,
    @Ctx() context: Context,
    @Info() info: GraphQLResolveInfo,
  ): Promise<string> {
    const patient = await shownPatient<HandedPatient>(care, HANDOFF_FIELDS, context, info, HAND_OFF);
    if (!patient) throw new LancetteError('NOT_FOUND');
    return context.services.handoffs.linkFor(patient, rank ?? undefined, context.principal.professional);
  }
}
