import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One counter in its window, as rate-limiter-flexible keeps it. LOGGED: a crash must not give guesses back. */
@Entity()
export class RateCounter {
  /** Name of the counter, a colon, whom it counts. */
  @PrimaryColumn('varchar', { length: 255, primaryKeyConstraintName: 'rate_counter_pkey' })
  key!: string;

  @Column('integer', { default: 0 })
  points!: number;

  /** End of the window, in milliseconds since 1970. */
  @Column('bigint', { nullable: true })
  expire?: string | null;
}
