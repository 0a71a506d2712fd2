import { Check, Column, Entity, Generated, Index, PrimaryColumn } from 'typeorm';

export type EventKind =
  | 'INJECTION_CORRECTED'
  | 'ELIGIBILITY_CORRECTED'
  | 'INJECTION_WITHDRAWN'
  | 'ELIGIBILITY_WITHDRAWN'
  | 'RESEARCH_OBJECTION';

/**
 * What certificates, exports and indicators must hear of: that a record changed, and which certificates were revoked with it.
 * In the order of `id`; no health data, no identity.
 */
@Entity()
@Check(
  'register_event_kind',
  `kind in ('INJECTION_CORRECTED', 'ELIGIBILITY_CORRECTED', 'INJECTION_WITHDRAWN', 'ELIGIBILITY_WITHDRAWN', 'RESEARCH_OBJECTION')`,
)
export class RegisterEvent {
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'register_event_pkey' })
  patientKey!: string;

  @Index('register_event_order')
  @Generated('increment')
  @PrimaryColumn('bigint', { primaryKeyConstraintName: 'register_event_pkey' })
  id!: string;

  @Column('text')
  kind!: EventKind;

  @Column('timestamptz', { default: () => 'now()' })
  at!: string;

  /** Rank of the dose, 0 for the consultation. */
  @Column('smallint', { nullable: true })
  rank?: number | null;

  /** Identifiers of the certificates revoked in the same act. */
  @Column('uuid', { array: true, default: [] })
  attestations!: string[];
}
