import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';
import { Instant } from '../patients/scalars.js';

export type TraceOutcome = 'DISCLOSED' | 'REFUSED' | 'RECORDED' | 'NOT_FOUND' | 'AUTHENTICATED' | 'REJECTED';

/**
 * One disclosure, recording, refusal or authentication (AIPD M1.12): the actor is named, the records only by their technical keys,
 * which lead nowhere once a person is erased. No health data, no identity of a person.
 */
@ObjectType()
@Entity()
export class Trace {
  @Field(() => ID)
  @PrimaryGeneratedColumn({ type: 'bigint' })
  id!: string;

  @Field(() => Instant)
  @Column('timestamptz', { default: () => 'clock_timestamp()' })
  at!: string;

  @Field()
  @Index()
  @Column('uuid')
  requestId!: string;

  @Field()
  @Column('text')
  recipient!: string;

  @Field()
  @Column('text')
  actor!: string;

  @Field()
  @Column('text')
  operation!: string;

  @Field(() => [String])
  @Column('text', { array: true })
  categories!: string[];

  @Field()
  @Column('text')
  outcome!: TraceOutcome;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  article?: string | null;

  /** Technical keys of the records concerned; one trace row stands for each of them. */
  @Field(() => [String])
  @Column('bigint', { array: true })
  records!: string[];
}
