import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A new object each time: TypeORM writes into the options that it is given. */
const key = () => ({ primaryKeyConstraintName: 'used_proof_pkey' });

/** A proof that was used and must not be used again before `until`; its identifier only as a hash. */
@Entity()
export class UsedProof {
  @PrimaryColumn('text', key())
  kind!: string;

  @PrimaryColumn('bytea', key())
  idHash!: Buffer;

  @Index('used_proof_until')
  @Column('timestamptz')
  until!: Date;
}
