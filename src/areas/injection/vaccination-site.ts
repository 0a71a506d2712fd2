import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { PlainText } from '../../db/plain-text.js';

/** A place of the vaccination offer (art. L. 1111-1-1 CSP): nobody's personal data. A military one is not offered. */
@ObjectType()
@Entity()
export class VaccinationSite {
  @Field()
  @PlainText()
  @PrimaryColumn('text')
  finess!: string;

  @Field()
  @Column('text')
  name!: string;

  @Field()
  @Column('text')
  department!: string;

  @Field(() => [String])
  @Column('text', { array: true })
  vaccines!: string[];

  /** Vaccines of which the place has doses left, as the last refresh of the supply found. */
  @Field(() => [String], { description: 'Vaccins en stock au dernier calcul de l’approvisionnement.' })
  @Column('text', { array: true, default: [] })
  products!: string[];

  /** The place of an injection there would reveal a soldier (art. 2, last paragraph): it is not recorded. */
  @Column('boolean', { default: false })
  military!: boolean;
}
