import { Check, Column, Entity, PrimaryColumn } from 'typeorm';

/** An establishment of the AIR convention and the primary authentications that it declared (annex 2). */
@Entity()
@Check('establishment_finess', `finess ~ '^[0-9][0-9AB][0-9]{7}$'`)
@Check('establishment_means', 'means <@ array[1, 2, 3, 4, 5, 6]')
export class Establishment {
  /** Geographic FINESS. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'establishment_key' })
  finess!: string;

  @Column('text')
  name!: string;

  /** Numbers of `AUTHENTICATION_MEANS`. */
  @Column('int', { array: true })
  means!: number[];
}
