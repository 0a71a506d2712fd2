import { Field, Int, ObjectType } from 'type-graphql';
import { Check, Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { VaccinationSite } from '../injection/vaccination-site.js';
import { Day } from '../patients/scalars.js';

const PRIMARY = { primaryKeyConstraintName: 'site_opening_pkey' };

/** Hours of one weekday at a place, over a period; first and last day included. */
@ObjectType()
@Entity()
@Check('site_opening_period', 'until_day >= from_day')
@Check(
  'site_opening_hours',
  `weekday between 1 and 7 and opens_at ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and closes_at ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$' and opens_at < closes_at`,
)
export class SiteOpening {
  @PrimaryColumn('text', { ...PRIMARY })
  finess!: string;

  @ManyToOne(() => VaccinationSite)
  @JoinColumn({ name: 'finess', foreignKeyConstraintName: 'site_opening_site' })
  site?: Relation<VaccinationSite>;

  @Field(() => Day)
  @PrimaryColumn('date', { ...PRIMARY })
  fromDay!: string;

  @Field(() => Int, { description: '1 lundi … 7 dimanche (ISO 8601).' })
  @PrimaryColumn('smallint', { ...PRIMARY })
  weekday!: number;

  @Field({ description: 'HH:MM, heure du lieu.' })
  @PrimaryColumn('text', { ...PRIMARY })
  opensAt!: string;

  @Field(() => Day)
  @Column('date')
  untilDay!: string;

  @Field()
  @Column('text')
  closesAt!: string;
}
