import { Field, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { PlainText } from '../../db/plain-text.js';
import { Instant } from '../patients/scalars.js';

const PRIMARY = { primaryKeyConstraintName: 'supply_level_pkey' };

/** What a place has of one lot, computed from the movements and the injections; doses for a vaccine, pieces for the rest. */
@ObjectType()
@Entity()
export class SupplyLevel {
  @Field()
  @PlainText()
  @PrimaryColumn('text', { ...PRIMARY })
  finess!: string;

  @Field()
  @PlainText()
  @PrimaryColumn('text', { ...PRIMARY })
  product!: string;

  @Field({ description: 'Vide quand le produit n’a pas de lot.' })
  @PlainText()
  @PrimaryColumn('text', { ...PRIMARY })
  lotNumber!: string;

  @Field(() => Int)
  @Column('integer')
  received!: number;

  @Field(() => Int)
  @Column('integer')
  sent!: number;

  @Field(() => Int)
  @Column('integer')
  broken!: number;

  @Field(() => Int, { description: 'Injections de ce lot enregistrées dans ce lieu.' })
  @Column('integer')
  used!: number;

  @Field(() => Instant, { nullable: true, description: 'Dernier inventaire.' })
  @Column('timestamptz', { nullable: true })
  countedAt?: string | null;

  @Field(() => Int, { description: 'Négatif quand une livraison manque aux fichiers.' })
  @Column('integer')
  remaining!: number;
}
