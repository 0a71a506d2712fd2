import { Field, ID, Int, ObjectType } from 'type-graphql';
import { Check, Column, Entity, Index, OneToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { PlainText } from '../../db/plain-text.js';
import { Sealed } from '../../db/sealing.js';
import { criteriaCheck } from '../../kernel/identifiers.js';
import { PatientHealth } from './patient-health.js';
import { BirthDate, Sex } from './scalars.js';

/** How a person came into the register; served to nobody (AIPD M1.50). */
export type TargetingType = 'AUTOMATIC' | 'MANUAL';

/**
 * The person of article 2, 1°. `key` joins the tables and is never served; `id` is the public identifier.
 * The health data of 6° live apart (`PatientHealth`), so that a row policy can hold what hangs on a consent.
 */
@ObjectType()
@Entity()
@Index(['birthDate', 'key'])
@Index(['pseudonymCovid', 'key'])
@Index(['pseudonymArs', 'key'])
@Index(['pseudonymSnds', 'key'])
@Index('patient_vaccinated_by_id', ['id', 'key'], { where: 'vaccinated' })
@Index('patient_vaccinated_by_birth_date', ['birthDate', 'key'], { where: 'vaccinated' })
@Check('patient_prefixes', `birth_name_prefix = left(birth_name, 3) and first_name_prefix = left(first_names[1], 3)`)
@Check('patient_body_key', `body_key = scheme_code || body_code`)
@Check(
  'patient_no_military_address',
  `scheme_code <> '08' or num_nonnulls(postal_address, phone, email, legal_representative) = 0`,
)
@Check('patient_criteria_are_codes', criteriaCheck('non_medical_criteria_codes'))
export class Patient {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  key!: string;

  @Field(() => ID)
  @Index({ unique: true })
  @Column('uuid')
  id!: string;

  @Field()
  @Column('text')
  birthName!: string;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  usageName?: string | null;

  @Field(() => [String])
  @Column('text', { array: true })
  firstNames!: string[];

  @Field(() => Sex)
  @PlainText()
  @Column('text')
  sex!: Sex;

  @Field(() => BirthDate)
  @PlainText()
  @Column('text')
  birthDate!: string;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  birthPlace?: string | null;

  @Field(() => String, { nullable: true })
  @Sealed()
  @Column('text', { nullable: true })
  nir?: string | null;

  @Field()
  @Column('text')
  birthNamePrefix!: string;

  @Field()
  @Column('text')
  firstNamePrefix!: string;

  @Field(() => Int)
  @Column('smallint')
  birthYear!: number;

  @Field()
  @PlainText()
  @Column('text')
  ageClass!: string;

  @Field()
  pseudonym!: string;

  @Field()
  @PlainText()
  @Column('text')
  schemeCode!: string;

  @Field()
  @PlainText()
  @Column('text')
  bodyCode!: string;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  postalAddress?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  phone?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  email?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  legalRepresentative?: string | null;

  @Field()
  @PlainText()
  @Column('text')
  department!: string;

  @Field(() => [String], { nullable: true })
  medicalCriteriaCodes?: string[] | null;

  @Field(() => [String], { nullable: true })
  treatments?: string[] | null;

  @Field(() => [String], { nullable: true })
  contraindications?: string[] | null;

  @Field(() => [String], { nullable: true })
  adverseEffects?: string[] | null;

  @Field(() => BirthDate, { nullable: true })
  infectionDate?: string | null;

  @Field(() => [String])
  @PlainText({ list: true })
  @Column('text', { array: true })
  nonMedicalCriteriaCodes!: string[];

  @OneToOne(
    () => PatientHealth,
    (health) => health.patient,
  )
  health?: Relation<PatientHealth> | null;

  @Column('text')
  bodyKey!: string;

  @Column('text')
  regionCode!: string;

  @Column('boolean', { default: false })
  researchObjection!: boolean;

  /** Set by the database with the first injection. */
  @Column('boolean', { default: false })
  vaccinated!: boolean;

  @Column('text')
  targetingType!: TargetingType;

  @Column('text', { nullable: true })
  targetingPhase?: string | null;

  /** Day, in Paris, on which the person entered the register: what counts of persons are dated by. */
  @Column('date', { default: () => "((now() AT TIME ZONE 'Europe/Paris'))" })
  targetedOn!: string;

  @PlainText()
  @Column('text')
  pseudonymCovid!: string;

  @PlainText()
  @Column('text')
  pseudonymArs!: string;

  @PlainText()
  @Column('text')
  pseudonymSnds!: string;
}
