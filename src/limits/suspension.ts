import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';

export type SuspensionKind = 'principal' | 'structure' | 'client' | 'address';

/** Why someone was suspended. */
export type SuspensionReason = 'CODE_GUESSING' | 'NIR_GUESSING' | 'MISUSE_HOUR' | 'MISUSE_DAY' | 'BY_OPERATOR';

/** Who may not call for a while. Lifted by an operator, who says why; never deleted. */
@Entity()
@Index('suspension_open', ['kind', 'value', 'until'], { where: 'lifted_at is null' })
@Check('suspension_kind', `kind in ('principal', 'structure', 'client', 'address')`)
@Check('suspension_lifting', 'num_nonnulls(lifted_at, lifted_by, lift_reason) in (0, 3)')
export class Suspension {
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'suspension_pkey' })
  id!: string;

  @Column('text')
  kind!: SuspensionKind;

  /** Subject, FINESS, OAuth client or network. */
  @Column('text')
  value!: string;

  @Column('text')
  reason!: SuspensionReason;

  @Column('timestamptz', { default: () => 'now()' })
  since!: Date;

  @Column('timestamptz')
  until!: Date;

  @Column('timestamptz', { nullable: true })
  liftedAt?: Date | null;

  @Column('text', { nullable: true })
  liftedBy?: string | null;

  @Column('text', { nullable: true })
  liftReason?: string | null;
}
