import { Arg, Int, Query, Resolver } from 'type-graphql';
import { type Plan, Source } from '../../read/plan.js';
import { connectionOf, pageOf } from '../connections.js';
import { Accreditation } from './accreditation.js';
import { BodyDelegation } from './body-delegation.js';

const AccreditationConnection = connectionOf(Accreditation);
const BodyDelegationConnection = connectionOf(BodyDelegation);
const ACCREDITATIONS: Plan = { key: 'accreditations', type: 'Accreditation', shape: 'page' };
const DELEGATIONS: Plan = { key: 'body delegations', type: 'BodyDelegation', shape: 'page' };

@Resolver()
export class AccreditationsResolver {
  @Query(() => AccreditationConnection)
  accreditations(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(ACCREDITATIONS, [], { page: pageOf(first, after) });
  }

  @Query(() => BodyDelegationConnection)
  bodyDelegations(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(DELEGATIONS, [], { page: pageOf(first, after) });
  }
}
