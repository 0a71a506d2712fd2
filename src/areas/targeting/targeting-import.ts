import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Instant } from '../patients/scalars.js';

/** One targeting file taken in: its volumes and where it stands (AIPD M1.58). `bytesDone` lets it resume. */
@ObjectType()
@Entity()
export class TargetingImport {
  @Field(() => ID)
  @PrimaryColumn('uuid')
  id!: string;

  @Field()
  @Column('text', { unique: true })
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

  @Column('bigint', { default: 0 })
  bytesDone!: string;
}
