import { Arg, Int, Query, Resolver } from 'type-graphql';
import { type Plan, Source } from '../../read/plan.js';
import { connectionOf, pageOf } from '../connections.js';
import { Trace } from './trace.js';

const TraceConnection = connectionOf(Trace);
const TRACES: Plan = { key: 'traces', type: 'Trace', shape: 'page' };

@Resolver()
export class TraceResolver {
  @Query(() => TraceConnection)
  traces(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(TRACES, [], { page: pageOf(first, after) });
  }
}
