import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An insured person of the inter-scheme referential, found when a NIR was never targeted (AIPD, suivi). */
@Entity()
export class ReferentialPerson {
  @PrimaryColumn('bytea')
  nirIndex!: Buffer;

  /** The identity as the referential gives it: a sealed JSON object. */
  @Column('text')
  sealedIdentity!: string;
}
