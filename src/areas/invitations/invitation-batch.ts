import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { InvitationChannel } from './invitation.js';

/** Messages of one day, département and channel that leave together: one job of the queue, one file of letters. */
@Entity()
export class InvitationBatch {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'invitation_batch_pkey' })
  id!: string;

  @Index('invitation_batch_planned_on')
  @Column('date')
  plannedOn!: string;

  @Column('text')
  department!: string;

  @Column('text')
  channel!: InvitationChannel;

  /** Persons planned in it: what is taken of that day's capacities, even if some of them have left the register since. */
  @Column('integer')
  size!: number;

  @Column('timestamptz', { nullable: true })
  finishedAt?: string | null;
}
