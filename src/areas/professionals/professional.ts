import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

/** Who performed or prescribed: identity (5°), contact and structure (8°). Given by hand, it is an indication only. */
@ObjectType()
@Entity()
@Index('professional_rpps', ['rpps'], { unique: true, where: 'not declared_by_hand' })
export class Professional {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  key!: string;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  rpps?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  amNumber?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  familyName?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  firstName?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  category?: string | null;

  /** The mark of whoever was given by hand (AIPD, suivi): it goes wherever his name goes. */
  @Field({ description: 'VERIFIED : identité prouvée ; INDICATIVE : saisie à la main, non vérifiée.' })
  @Column('text', { default: 'VERIFIED' })
  assurance!: string;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  phone?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  email?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  structureFiness?: string | null;

  @Column('boolean', { default: false })
  declaredByHand!: boolean;
}
