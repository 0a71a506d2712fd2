import {
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';
import { Patient } from '../patients/patient.js';

/**
 * What one transaction of an import did, so that the whole file can be taken back: the keys of the persons whom it created
 * and of those whom it met, as ranges (a block of new persons is one or two of them). Keys lead nowhere once a person is
 * erased.
 */
@Entity()
export class TargetingBlock {
  @PrimaryGeneratedColumn({ type: 'bigint', primaryKeyConstraintName: 'targeting_block_key' })
  id!: string;

  @Index('targeting_block_import')
  @Column('uuid')
  importId!: string;

  @Column('int8multirange')
  created!: string;

  @Column('int8multirange')
  met!: string;
}

/** The criteria that a block added to a person who was already there; they go with the person, or with the import. */
@Entity()
export class TargetingGain {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'targeting_gain_key' })
  patientKey!: string;

  @ManyToOne(() => Patient, { onDelete: 'CASCADE' })
  @JoinColumn({ name: 'patient_key', foreignKeyConstraintName: 'targeting_gain_of' })
  patient?: Relation<Patient>;

  @Index('targeting_gain_block')
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'targeting_gain_key' })
  blockId!: string;

  @Column('text', { array: true })
  medical!: string[];

  @Column('text', { array: true })
  nonMedical!: string[];
}
