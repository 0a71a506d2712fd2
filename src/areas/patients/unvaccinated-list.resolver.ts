import { Arg, Ctx, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../read/context.js';
import { Source } from '../../read/plan.js';
import { pageOf } from '../connections.js';
import { UNVACCINATED_PATIENTS } from './patient.plans.js';
import { PatientConnection } from './patient.resolver.js';
import { Instant } from './scalars.js';
import type { UnvaccinatedListService } from './unvaccinated-list.service.js';

/** The services that this area calls. */
type Context = RequestContext<{ readonly unvaccinatedLists: UnvaccinatedListService }>;

@Resolver()
export class UnvaccinatedListResolver {
  @Mutation(() => Instant)
  requestUnvaccinatedList(@Ctx() { principal, services }: Context): Promise<string> {
    return services.unvaccinatedLists.request(principal);
  }

  @Query(() => PatientConnection)
  async unvaccinatedPatients(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Ctx() { principal, services }: Context,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<Source> {
    await services.unvaccinatedLists.requireOpen(principal);
    return new Source(UNVACCINATED_PATIENTS, [], { page: pageOf(first, after) });
  }
}
