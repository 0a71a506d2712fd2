import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { Patient } from '../patients/patient.js';
import type { InvitationChannel } from './invitation.js';

/**
 * `QUEUED` → `SENDING` → `SENT` → `DELIVERED` or `BOUNCED`. `UNCERTAIN`: a crash fell between the sending and its record,
 * on a channel that does not know twice the same from two; it counts as sent. `FAILED`: never left. `LAPSED`: by its day
 * the person had entered the pathway, or the phase was one without invitation.
 */
export type MessageState = 'QUEUED' | 'SENDING' | 'SENT' | 'DELIVERED' | 'BOUNCED' | 'UNCERTAIN' | 'FAILED' | 'LAPSED';

/**
 * The one invitation of a person, and at most one more by another channel when the first never arrived: what keeps
 * « never twice » is this table's key and its triggers. It goes with the person.
 */
@Entity()
@Check('invitation_message_attempt', 'attempt in (1, 2)')
export class InvitationMessage {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'invitation_message_pkey' })
  patientKey!: string;

  @PrimaryColumn('smallint', { primaryKeyConstraintName: 'invitation_message_pkey' })
  attempt!: number;

  /** Removed with the person by a trigger: a foreign key would lock and rewrite every person of a plan. */
  @ManyToOne(() => Patient, { createForeignKeyConstraints: false })
  @JoinColumn({ name: 'patient_key' })
  patient?: Relation<Patient>;

  @Index('invitation_message_of_batch')
  @Column('uuid')
  batchId!: string;

  @Column('text')
  phaseCode!: string;

  @Column('text')
  channel!: InvitationChannel;

  @Column('text', { default: 'QUEUED' })
  state!: MessageState;

  /**
   * What the provider knows the message by: drawn when it is about to leave, and leads nowhere outside this table. Random
   * enough to need no unique index, which a register distributed by person could not have.
   */
  @Index('invitation_message_reference', { where: 'reference is not null' })
  @Column('uuid', { nullable: true })
  reference?: string | null;

  @Column('timestamptz', { nullable: true })
  changedAt?: string | null;
}
