import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Instant } from '../patients/scalars.js';

/** What a batch does (AIPD, ciblage, c). */
export type RunKind = 'IMPORT' | 'RETRY' | 'ROLLBACK' | 'PURGE';

/**
 * The trace of one batch (AIPD M1.58: volumes, duration, errors). Its row is there from the first moment on: a run that was
 * killed is one that never finished. No line, no person, no value.
 */
@ObjectType()
@Entity()
export class TargetingRun {
  @Field(() => ID)
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'targeting_run_key' })
  id!: string;

  @Field()
  @Column('text')
  kind!: RunKind;

  /** The import concerned, once the file was found to be what it should be. */
  @Field(() => ID, { nullable: true })
  @Index('targeting_run_import')
  @Column('uuid', { nullable: true })
  importId?: string | null;

  @Field(() => Instant)
  @Column('timestamptz')
  startedAt!: string;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  finishedAt?: string | null;

  @Field(() => Int)
  @Column('integer', { default: 0 })
  durationMilliseconds!: number;

  @Field(() => Int)
  @Column('integer', { default: 0 })
  linesRead!: number;

  @Field(() => Int)
  @Column('integer', { default: 0 })
  personsCreated!: number;

  @Field(() => Int)
  @Column('integer', { default: 0 })
  personsEnriched!: number;

  @Field(() => Int)
  @Column('integer', { default: 0 })
  personsUnchanged!: number;

  @Field(() => Int)
  @Column('integer', { default: 0 })
  linesRejected!: number;

  /** Code of the error that ended it, if one did. */
  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  error?: string | null;
}
