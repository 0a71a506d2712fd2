import { Arg, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import { type Plan, Source } from '../../read/plan.js';
import { connectionOf, pageOf } from '../connections.js';
import { VaccinationSite } from '../injection/vaccination-site.js';
import { SiteOpening } from './site-opening.js';
import { SupplyLevel } from './supply-level.js';

const SupplyLevelConnection = connectionOf(SupplyLevel);
const LEVELS: Plan = { key: 'supply levels', type: 'SupplyLevel', shape: 'page' };

@Resolver(() => VaccinationSite)
export class SupplyResolver {
  @FieldResolver(() => [SiteOpening])
  openings(@Root() site: { openings: SiteOpening[] }): SiteOpening[] {
    return site.openings;
  }

  @Query(() => SupplyLevelConnection)
  supplyLevels(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(LEVELS, [], { page: pageOf(first, after) });
  }
}
