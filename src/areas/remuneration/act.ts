import { Field, ObjectType } from 'type-graphql';
import { Column, Entity, Index, JoinColumn, ManyToOne, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { Day } from '../patients/scalars.js';
import { Professional } from '../professionals/professional.js';

/** An act to pay (AIPD, paiement): who, what kind, which day; no patient and no vaccination data. */
@ObjectType()
@Entity()
export class Act {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  key!: string;

  @Field()
  @Column('text')
  kind!: string;

  @Field(() => Day)
  @Column('date')
  performedOn!: string;

  @Index()
  @Column('bigint')
  professionalKey!: string;

  @Field(() => Professional, { nullable: true })
  @ManyToOne(() => Professional)
  @JoinColumn({ name: 'professional_key' })
  professional?: Relation<Professional>;
}
