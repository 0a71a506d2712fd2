import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { PlainText } from '../../db/plain-text.js';
import { Patient } from '../patients/patient.js';
import { Instant } from '../patients/scalars.js';

export type InvitationChannel = 'ACCOUNT' | 'EMAIL' | 'SMS' | 'LETTER';

/** A voucher of article 2, 4°. The code exists from the targeting on; date and channel from the sending on. */
@ObjectType()
@Entity()
export class Invitation {
  @PrimaryColumn('bigint')
  patientKey!: string;

  @ManyToOne(() => Patient, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'patient_key' })
  patient?: Relation<Patient>;

  @Field()
  @PlainText()
  @PrimaryColumn('text')
  code!: string;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  sentAt?: string | null;

  @Field(() => String, { nullable: true })
  @PlainText()
  @Column('text', { nullable: true })
  channel?: InvitationChannel | null;
}
