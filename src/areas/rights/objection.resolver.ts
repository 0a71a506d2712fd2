import { Arg, Ctx, ID, Mutation, Resolver } from 'type-graphql';
import { LancetteError } from '../../kernel/errors.js';
import type { RequestContext } from '../../read/context.js';
import { Instant } from '../patients/scalars.js';
import type { ObjectionService } from './objection.service.js';

/** The services that this area calls. */
type Context = RequestContext<{ readonly objections: ObjectionService }>;

const WHOSE = { nullable: true, description: 'La personne ; inutile à qui s’oppose pour soi-même.' } as const;

@Resolver()
export class ObjectionResolver {
  @Mutation(() => Instant)
  recordObjection(
    @Ctx() context: Context,
    @Arg('patientId', () => ID, WHOSE) patientId?: string | null,
  ): Promise<string> {
    return context.services.objections.object(context, checked(patientId));
  }

  @Mutation(() => Instant)
  recordResearchObjection(
    @Ctx() context: Context,
    @Arg('patientId', () => ID, WHOSE) patientId?: string | null,
  ): Promise<string> {
    return context.services.objections.objectToResearch(context, checked(patientId));
  }
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws INVALID_INPUT for what is no identifier */
function checked(patientId: string | null | undefined): string | undefined {
  if (patientId === null || patientId === undefined) return undefined;
  if (!UUID.test(patientId)) throw new LancetteError('INVALID_INPUT', { field: 'patientId' });
  return patientId;
}
