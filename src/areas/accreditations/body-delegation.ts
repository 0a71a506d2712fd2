import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Day, Instant } from '../patients/scalars.js';

/**
 * One body lets the agents of another one act for its insured persons (AIPD M1.94, TRAM), from one day to another, both
 * included. Neither the other way round, nor further on to the bodies that delegate to the first.
 */
@ObjectType({ description: 'Délégation d’un organisme à un autre, du premier au dernier jour compris.' })
@Entity()
@Index('body_delegation_to', ['delegatedBody'])
export class BodyDelegation {
  @Field(() => ID)
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'body_delegation_pkey' })
  id!: string;

  @Field()
  @Column('text')
  delegatingBody!: string;

  @Field()
  @Column('text')
  delegatedBody!: string;

  @Field(() => Day)
  @Column('date')
  fromDay!: string;

  @Field(() => Day)
  @Column('date')
  untilDay!: string;

  /** Ended before its last day. */
  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  endedAt?: string | null;
}
