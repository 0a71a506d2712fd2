import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, Index, JoinColumn, ManyToOne, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { PlainText } from '../../db/plain-text.js';
import { Patient } from '../patients/patient.js';
import { Instant } from '../patients/scalars.js';
import { Professional } from '../professionals/professional.js';

/** The prior consultation (AIPD, suivi). Only a yes is ever stored; final once recorded. */
@ObjectType()
@Entity()
export class EligibilityStep {
  @PrimaryColumn('bigint')
  patientKey!: string;

  @OneToOne(() => Patient)
  @JoinColumn({ name: 'patient_key' })
  patient?: Relation<Patient>;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz')
  performedAt!: string;

  @Index()
  @Column('bigint')
  professionalKey!: string;

  @Field(() => Professional, { nullable: true })
  @ManyToOne(() => Professional)
  @JoinColumn({ name: 'professional_key' })
  professional?: Relation<Professional>;

  @Index()
  @Column('bigint', { nullable: true })
  prescriberKey?: string | null;

  @Field(() => Professional, { nullable: true })
  @ManyToOne(() => Professional)
  @JoinColumn({ name: 'prescriber_key' })
  prescriber?: Relation<Professional> | null;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  prescribedAt?: string | null;

  @Field(() => [String], { nullable: true })
  @PlainText({ list: true })
  @Column('text', { array: true })
  notRecommendedVaccines!: string[];

  /** Whether an injection followed: set by the database, and no part of the record. */
  @Column('boolean', { default: false })
  vaccinated!: boolean;
}
