import { Args, ArgsType, Ctx, Field, ID, Query, Resolver } from 'type-graphql';
import type { Mode, Period, Show } from '../../law/indicator-rights.js';
import type { RequestContext } from '../../read/context.js';
import { Day } from '../patients/scalars.js';
import type { Answer } from './answer.js';
import { IndicatorMode, IndicatorPeriod, IndicatorShow, Indicators } from './indicators.js';
import type { IndicatorsService } from './indicators.service.js';
import { questionOf } from './question.js';

/** The services that this area calls. */
type Context = RequestContext<{ readonly indicators: IndicatorsService }>;

@ArgsType()
class IndicatorArguments {
  @Field(() => ID)
  table!: string;

  @Field(() => Day, { nullable: true })
  from?: string;

  @Field(() => Day, { nullable: true })
  to?: string;

  @Field(() => IndicatorShow, { defaultValue: 'COUNT' })
  show!: Show;

  @Field(() => IndicatorPeriod, { defaultValue: 'DAY' })
  period!: Period;

  @Field(() => IndicatorMode, { defaultValue: 'CONTROLLED' })
  mode!: Mode;
}

@Resolver()
export class IndicatorsResolver {
  @Query(() => Indicators)
  async indicators(
    @Args(() => IndicatorArguments) asked: IndicatorArguments,
    @Ctx() context: Context,
  ): Promise<Answer | null> {
    // No source: the short path leaves this document to ordinary execution, which asks again.
    if (context.compiling) return null;
    return (await context.services.indicators.answer(context, questionOf(asked))).answer;
  }
}
