import { Arg, Int, Query, Resolver } from 'type-graphql';
import { type Plan, Source } from '../../read/plan.js';
import { connectionOf, pageOf } from '../connections.js';
import { TargetingImport } from './targeting-import.js';
import { TargetingReject } from './targeting-reject.js';
import { TargetingRun } from './targeting-run.js';

const TargetingImportConnection = connectionOf(TargetingImport);
const TargetingRunConnection = connectionOf(TargetingRun);
const TargetingRejectConnection = connectionOf(TargetingReject);
const IMPORTS: Plan = { key: 'imports', type: 'TargetingImport', shape: 'page' };
const REJECTS: Plan = { key: 'rejects', type: 'TargetingReject', shape: 'page' };

const RUNS: Plan = { key: 'runs', type: 'TargetingRun', shape: 'page' };

@Resolver()
export class TargetingResolver {
  @Query(() => TargetingImportConnection)
  targetingImports(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(IMPORTS, [], { page: pageOf(first, after) });
  }

  @Query(() => TargetingRejectConnection)
  targetingRejects(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(REJECTS, [], { page: pageOf(first, after) });
  }

  @Query(() => TargetingRunConnection)
  targetingRuns(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(RUNS, [], { page: pageOf(first, after) });
  }
}
