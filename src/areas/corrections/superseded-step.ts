import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** Why a step is corrected: the cases of article 16 of the GDPR. */
export enum CorrectionReason {
  INACCURATE = 'INACCURATE',
  INCOMPLETE = 'INCOMPLETE',
}

/** A step that was another person's is withdrawn. */
export type SupersedingReason = `${CorrectionReason}` | 'WRONG_PERSON';

/**
 * A step as it stood before it was corrected or withdrawn (conflict 16), and its certificates: kept, and granted to nobody. Written only by the
 * functions of the database that correct; it leaves only with the person.
 */
@Entity()
@Check('superseded_step_kind', `kind in ('eligibility_step', 'injection_step', 'attestation')`)
@Check('superseded_step_reason', `reason in ('INACCURATE', 'INCOMPLETE', 'WRONG_PERSON')`)
export class SupersededStep {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'superseded_step_pkey' })
  patientKey!: string;

  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'superseded_step_pkey' })
  id!: string;

  /** The table in which it stood. */
  @Column('text')
  kind!: 'eligibility_step' | 'injection_step' | 'attestation';

  /** Rank of the dose; 0 for the consultation. */
  @Column('smallint')
  rank!: number;

  /** Every column of the step. */
  @Column('jsonb')
  content!: object;

  @Column('text')
  reason!: SupersedingReason;

  /** False when the step was withdrawn. */
  @Column('boolean')
  replaced!: boolean;

  @Column('timestamptz', { default: () => 'now()' })
  supersededAt!: string;

  /** The transaction that may take the step out of its table. */
  @Column('bigint')
  supersededIn!: string;
}
