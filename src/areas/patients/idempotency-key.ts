import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A recording already done under a key given by the caller: the same key with the same request answers the same. */
@Entity()
export class IdempotencyKey {
  @PrimaryColumn('text')
  subject!: string;

  @PrimaryColumn('text')
  key!: string;

  /** SHA-256 of the request, hexadecimal: tells a repeat from another request without keeping it. */
  @Column('text')
  digest!: string;

  @Column('timestamptz', { default: () => 'now()' })
  recordedAt!: Date;
}
