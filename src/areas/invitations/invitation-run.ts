import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { Instant } from '../patients/scalars.js';

export type InvitationRunKind = 'PLANNING' | 'SENDING';

/** The trace of one planning or sending run: volumes, duration, errors (AIPD M1.58). */
@ObjectType({ description: 'Exécution de la planification ou de l’envoi des invitations.' })
@Entity()
export class InvitationRun {
  @Field(() => ID)
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'invitation_run_pkey' })
  id!: string;

  @Field()
  @Column('text')
  kind!: InvitationRunKind;

  @Field(() => Instant)
  @Column('timestamptz')
  startedAt!: string;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  finishedAt?: string | null;

  /** Messages planned, or sent. */
  @Field(() => Int)
  @Column('integer', { default: 0 })
  messages!: number;

  /** Messages that bounced, failed or stayed uncertain during the run. */
  @Field(() => Int)
  @Column('integer', { default: 0 })
  errors!: number;
}
