import { Check, Column, Entity, JoinColumn, OneToOne, PrimaryColumn, type Relation } from 'typeorm';
import { criteriaCheck } from '../../kernel/identifiers.js';
import { Patient } from './patient.js';

/** Health data of article 2, 6°: apart from identity, because a physician reads them only with consent (art. 3, I, 2°). */
@Entity()
@Check('patient_health_criteria_are_codes', criteriaCheck('medical_criteria_codes'))
export class PatientHealth {
  @PrimaryColumn('bigint')
  patientKey!: string;

  @OneToOne(
    () => Patient,
    (patient) => patient.health,
    { onDelete: 'CASCADE' },
  )
  @JoinColumn({ name: 'patient_key' })
  patient?: Relation<Patient>;

  @Column('text', { array: true, nullable: true })
  medicalCriteriaCodes?: string[] | null;

  @Column('text', { array: true, nullable: true })
  treatments?: string[] | null;

  @Column('text', { array: true, nullable: true })
  contraindications?: string[] | null;

  @Column('text', { array: true, nullable: true })
  adverseEffects?: string[] | null;

  @Column('text', { nullable: true })
  infectionDate?: string | null;
}
