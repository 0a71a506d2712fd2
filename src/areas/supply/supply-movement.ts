import {
  Check,
  Column,
  Entity,
  Index,
  JoinColumn,
  ManyToOne,
  PrimaryGeneratedColumn,
  type Relation,
  Unique,
} from 'typeorm';
import { VaccinationSite } from '../injection/vaccination-site.js';

/** Delivered, sent elsewhere, broken or lost, or found by an inventory. */
export const MOVEMENT_KINDS = ['IN', 'OUT', 'BROKEN', 'LEFT'] as const;
export type MovementKind = (typeof MOVEMENT_KINDS)[number];

/** One movement of a product at a place, as a file gave it; never changed: the next inventory corrects (AIPD, finalités, 2°). */
@Entity()
@Unique('supply_movement_once', ['batch', 'line'])
@Index('supply_movement_lot', ['finess', 'product', 'lotNumber'])
@Check('supply_movement_kind', `kind in ('IN', 'OUT', 'BROKEN', 'LEFT')`)
@Check('supply_movement_quantity', `quantity > 0 or kind = 'LEFT' and quantity = 0`)
export class SupplyMovement {
  @PrimaryGeneratedColumn({ type: 'bigint', primaryKeyConstraintName: 'supply_movement_pkey' })
  id!: string;

  @Column('text')
  finess!: string;

  @ManyToOne(() => VaccinationSite)
  @JoinColumn({ name: 'finess', foreignKeyConstraintName: 'supply_movement_site' })
  site?: Relation<VaccinationSite>;

  /** European number of a vaccine, or code of a consumable. */
  @Column('text')
  product!: string;

  /** Empty for what has no lot. */
  @Column('text')
  lotNumber!: string;

  @Column('text')
  kind!: MovementKind;

  /** Doses of a vaccine, pieces of a consumable. */
  @Column('integer')
  quantity!: number;

  @Column('timestamptz')
  at!: string;

  /** SHA-256 of the file: a file sent twice counts once. */
  @Column('text')
  batch!: string;

  @Column('integer')
  line!: number;
}
