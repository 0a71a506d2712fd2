import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

const KEY = { primaryKeyConstraintName: 'used_proof_pkey' };

/** A proof that was used and must not be used again before `until`; its identifier only as a hash. */
@Entity()
export class UsedProof {
  @PrimaryColumn('text', KEY)
  kind!: string;

  @PrimaryColumn('bytea', KEY)
  idHash!: Buffer;

  @Index('used_proof_until')
  @Column('timestamptz')
  until!: Date;
}
