import { Arg, Int, Query, Resolver } from 'type-graphql';
import { type Plan, Source } from '../../read/plan.js';
import { connectionOf, pageOf } from '../connections.js';
import { InvitationPhase } from './invitation-phase.js';
import { InvitationRun } from './invitation-run.js';

const InvitationPhaseConnection = connectionOf(InvitationPhase);
const InvitationRunConnection = connectionOf(InvitationRun);
const PHASES: Plan = { key: 'invitation phases', type: 'InvitationPhase', shape: 'page' };
const RUNS: Plan = { key: 'invitation runs', type: 'InvitationRun', shape: 'page' };

@Resolver()
export class InvitationPhasesResolver {
  @Query(() => InvitationPhaseConnection)
  invitationPhases(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(PHASES, [], { page: pageOf(first, after) });
  }

  @Query(() => InvitationRunConnection)
  invitationRuns(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(RUNS, [], { page: pageOf(first, after) });
  }
}
