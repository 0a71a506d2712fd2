import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Instant } from '../patients/scalars.js';

/** A line set aside for rework (AIPD, ciblage): where and why, and the sealed line itself, which is never served. */
@ObjectType()
@Entity()
export class TargetingReject {
  @Field(() => ID)
  @PrimaryColumn('uuid')
  importId!: string;

  @Field(() => Int)
  @PrimaryColumn('integer')
  line!: number;

  @Field()
  @Column('text', { name: 'column_name' })
  column!: string;

  @Field()
  @Column('text')
  code!: string;

  /** When the line was set aside, or last refused: it expires from then on (`law/retention.ts`). */
  @Field(() => Instant)
  @Column('timestamptz', { default: () => 'now()' })
  setAsideAt!: string;

  @Column('text')
  sealedLine!: string;
}
