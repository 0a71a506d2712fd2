import { Arg, Int, Query, Resolver } from 'type-graphql';
import { type Plan, Source } from '../../read/plan.js';
import { connectionOf, pageOf } from '../connections.js';
import { Professional } from '../professionals/professional.js';
import { VaccinationSite } from './vaccination-site.js';

const VaccinationSiteConnection = connectionOf(VaccinationSite);
const ProfessionalConnection = connectionOf(Professional);

const SITES: Plan = { key: 'sites', type: 'VaccinationSite', shape: 'page' };
const SITES_OF_DEPARTMENT: Plan = {
  ...SITES,
  key: 'sites of department',
  where: (column, p) => `${column('department')} = ${p(1)}`,
};
const PROFESSIONALS: Plan = { key: 'professionals', type: 'Professional', shape: 'page' };

/** The offer of care that the public information service publishes: no person at all (conflict 6). */
@Resolver()
export class VaccinationOfferResolver {
  @Query(() => VaccinationSiteConnection)
  vaccinationSites(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
    @Arg('department', () => String, { nullable: true }) department?: string,
  ): Source {
    const page = pageOf(first, after);
    return department ? new Source(SITES_OF_DEPARTMENT, [department], { page }) : new Source(SITES, [], { page });
  }

  @Query(() => ProfessionalConnection)
  professionals(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(PROFESSIONALS, [], { page: pageOf(first, after) });
  }
}
