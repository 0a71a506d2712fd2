import { Field, Int, ObjectType } from 'type-graphql';
import { Check, Column, Entity, Index, JoinColumn, ManyToOne, PrimaryColumn, type Relation } from 'typeorm';
import { PlainText } from '../../db/plain-text.js';
import { Patient } from '../patients/patient.js';
import { Instant } from '../patients/scalars.js';
import { Professional } from '../professionals/professional.js';

/** One injection of article 2, 5°. Ranks follow each other from 1; final once recorded. */
@ObjectType()
@Entity()
@Check('injection_rank', 'rank between 1 and 9')
export class InjectionStep {
  @PrimaryColumn('bigint')
  patientKey!: string;

  @ManyToOne(() => Patient)
  @JoinColumn({ name: 'patient_key' })
  patient?: Relation<Patient>;

  @Field(() => Int)
  @PrimaryColumn('smallint')
  rank!: number;

  @Field()
  @PlainText()
  @Column('text')
  vaccine!: string;

  @Field()
  @PlainText()
  @Column('text')
  lotNumber!: string;

  @Field({ description: 'KNOWN : lot connu de ce vaccin ; UNKNOWN : accepté, non retrouvé.' })
  @PlainText()
  @Column('text', { default: 'UNKNOWN' })
  lotStatus!: string;

  @Field()
  @PlainText()
  @Column('text')
  administrationRoute!: string;

  @Field()
  @PlainText()
  @Column('text')
  injectionSite!: string;

  @Field(() => Instant)
  @Column('timestamptz')
  performedAt!: string;

  @Field(() => Int)
  @Column('smallint')
  placeCategory!: number;

  @Field(() => String, { nullable: true })
  @PlainText()
  @Column('text', { nullable: true })
  placeFiness?: string | null;

  @Field(() => String, { nullable: true })
  @PlainText()
  @Column('text', { nullable: true })
  placeSiret?: string | null;

  @Index()
  @Column('bigint')
  professionalKey!: string;

  @Field(() => Professional, { nullable: true })
  @ManyToOne(() => Professional)
  @JoinColumn({ name: 'professional_key' })
  professional?: Relation<Professional>;
}
