import { GraphQLJSONObject } from 'graphql-scalars';
import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { Instant } from '../patients/scalars.js';

/** One targeting file taken in: its volumes and where it stands (AIPD M1.58). `bytesDone` lets it resume. */
@ObjectType()
@Entity()
export class TargetingImport {
  @Field(() => ID)
  @PrimaryColumn('uuid')
  id!: string;

  @Field()
  @Index('targeting_import_sha256', { unique: true, where: 'rolled_back_at is null' })
  @Column('text')
  sha256!: string;

  @Field(() => Instant)
  @Column('timestamptz')
  startedAt!: string;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  finishedAt?: string | null;

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

  /** Rejects by reason code: how many lines are set aside for each. */
  @Field(() => GraphQLJSONObject, { description: 'Nombre de lignes rejetées, par code de motif.' })
  @Column('jsonb', { default: {} })
  rejectReasons!: Record<string, number>;

  /** Time at work on it, of all its runs together. */
  @Field(() => Int)
  @Column('integer', { default: 0 })
  durationMilliseconds!: number;

  /** From here on nobody of it may enter the pathway; it is taken back, or left as it was, before anything else. */
  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  rollbackBegunAt?: string | null;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  rolledBackAt?: string | null;

  @Column('bigint', { default: 0 })
  bytesDone!: string;
}
