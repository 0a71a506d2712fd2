import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { PlainText } from '../../db/plain-text.js';
import { Patient } from '../patients/patient.js';
import { Instant } from '../patients/scalars.js';

/**
 * A vaccination certificate handed out (decree 2021-1670). `content` is the text of its QR code (EU certificate),
 * `dataMatrix` that of its Data Matrix (2D-DOC); both are revoked together.
 */
@ObjectType()
@Entity()
export class Attestation {
  @PrimaryColumn('bigint')
  patientKey!: string;

  @ManyToOne(() => Patient)
  @JoinColumn({ name: 'patient_key' })
  patient?: Relation<Patient>;

  @Field(() => ID)
  @PrimaryColumn('uuid')
  id!: string;

  @Field(() => Instant)
  @Column('timestamptz')
  issuedAt!: string;

  @Field()
  @PlainText()
  @Column('text')
  kind!: string;

  @Field()
  @PlainText()
  @Column('text')
  content!: string;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  dataMatrix?: string | null;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  expiresAt?: string | null;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  revokedAt?: string | null;

  @Column('smallint')
  rank!: number;

  @Column('text')
  uvci!: string;
}
