import { Check, Entity, PrimaryColumn } from 'typeorm';

/** A lot that was delivered: nobody's data. A lot that is not here is accepted, and marked (AIPD, suivi). */
@Entity()
@Check('vaccine_lot_format', `lot_number ~ '^[A-Z0-9-]{4,12}$'`)
export class VaccineLot {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'vaccine_lot_key' })
  vaccine!: string;

  @PrimaryColumn('text', { primaryKeyConstraintName: 'vaccine_lot_key' })
  lotNumber!: string;
}
