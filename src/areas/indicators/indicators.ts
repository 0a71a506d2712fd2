import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { MODES, type Mode, PERIODS, type Period, SHOWS, type Show } from '../../law/indicator-rights.js';
import type { Dimension, Measure, TableId } from '../../law/indicators.js';
import { Day, Instant } from '../patients/scalars.js';
import type { Answer, Series } from './answer.js';

/** Registers the keys of a table of the law as an enumeration, each described by its own words. */
function enumOf<T extends Readonly<Record<string, string>>>(table: T, name: string, description: string) {
  const values = Object.fromEntries(Object.keys(table).map((key) => [key, key])) as { [K in keyof T]: K };
  const described = Object.fromEntries(Object.entries(table).map(([key, words]) => [key, { description: words }]));
  registerEnumType(values, { name, description, valuesConfig: described as never });
  return values;
}

export const IndicatorShow = enumOf(SHOWS, 'IndicatorShow', 'Ce que chaque nombre représente.');
export const IndicatorPeriod = enumOf(
  PERIODS,
  'IndicatorPeriod',
  'Pas de temps ; chaque semaine et chaque mois est entier.',
);
export const IndicatorMode = enumOf(MODES, 'IndicatorMode', 'Avec ou sans secret statistique.');

const VALUE = { nullable: true } as const;

@ObjectType({ description: 'Une ligne de chiffres : les valeurs de ses dimensions, puis un nombre par période.' })
export class IndicatorSeries implements Series {
  @Field(() => String, VALUE)
  department?: string;

  @Field(() => String, VALUE)
  ageClass?: string;

  @Field(() => String, VALUE)
  sex?: string;

  @Field(() => String, VALUE)
  vaccine?: string;

  @Field(() => String, VALUE)
  rank?: string;

  @Field(() => String, VALUE)
  stage?: string;

  @Field(() => String, VALUE)
  placeCategory?: string;

  @Field(() => String, VALUE)
  phase?: string;

  @Field(() => String, VALUE)
  targetingType?: string;

  @Field(() => String, VALUE)
  channel?: string;

  @Field(() => String, VALUE)
  product?: string;

  @Field(() => String, VALUE)
  flow?: string;

  @Field(() => [Int], {
    nullable: 'items',
    description: 'Un nombre par période ; null s’il est couvert par le secret, 0 si rien n’a eu lieu.',
  })
  values!: (number | null)[];

  @Field(() => [Int], { description: 'Positions des nombres couverts par le secret.' })
  suppressed!: number[];

  @Field(() => Int, { nullable: true, description: 'Population de référence, si elle est connue.' })
  population!: number | null;

  @Field(() => [Float], {
    nullable: 'itemsAndList',
    description: 'Part de la population, pour les cumuls de personnes.',
  })
  coverage!: (number | null)[] | null;
}

@ObjectType({ description: 'Un tableau déclaré de la copie dé-identifiée, tel que publié.' })
export class Indicators implements Answer {
  @Field(() => Instant, { description: 'Tout ce qui fut enregistré avant cet instant y est.' })
  asOf!: string;

  @Field(() => IndicatorMode)
  mode!: Mode;

  @Field(() => Int, {
    nullable: true,
    description: 'En dessous, un nombre est couvert par le secret ; null s’il n’y en a pas.',
  })
  threshold!: number | null;

  @Field(() => String)
  table!: TableId;

  @Field(() => String)
  measure!: Measure;

  @Field(() => [String])
  dimensions!: Dimension[];

  @Field(() => IndicatorShow)
  show!: Show;

  @Field(() => IndicatorPeriod)
  period!: Period;

  @Field(() => [Day], { description: 'Premier jour de chaque période.' })
  days!: string[];

  @Field(() => [IndicatorSeries])
  series!: IndicatorSeries[];

  @Field(() => [IndicatorSeries], {
    description: 'Ensemble des départements de l’appelant, s’il n’en voit que certains.',
  })
  totals!: IndicatorSeries[];
}
