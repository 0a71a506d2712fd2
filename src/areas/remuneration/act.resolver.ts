import { Arg, Int, Query, Resolver } from 'type-graphql';
import { type Plan, Source } from '../../read/plan.js';
import { connectionOf, pageOf } from '../connections.js';
import { Act } from './act.js';

const ActConnection = connectionOf(Act);
const ACTS: Plan = { key: 'acts', type: 'Act', shape: 'page' };

@Resolver()
export class ActResolver {
  @Query(() => ActConnection)
  acts(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(ACTS, [], { page: pageOf(first, after) });
  }
}
