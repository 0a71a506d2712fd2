import { Field, ID, ObjectType } from 'type-graphql';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { AccreditedRecipient } from '../../law/accreditation.js';
import { Instant } from '../patients/scalars.js';

/**
 * One agent, accredited by name by the director of his body (art. 3, I, 3°), for a limited time, reviewed yearly (AIPD
 * M2.33). Never removed: the review must see whoever once had access. One accreditation in force for each agent.
 */
@ObjectType({ description: 'Habilitation nominative d’un agent ; suspendue si elle n’est pas revue à temps.' })
@Entity()
@Index('accreditation_of_agent', ['subject'], { unique: true, where: 'revoked_at is null' })
export class Accreditation {
  @Field(() => ID)
  @PrimaryColumn('uuid', { primaryKeyConstraintName: 'accreditation_pkey' })
  id!: string;

  /** The agent at the identity provider of the insurance. */
  @Column('text')
  subject!: string;

  @Field()
  @Column('text')
  agentName!: string;

  @Field(() => String)
  @Column('text')
  recipient!: AccreditedRecipient;

  /** Scheme and body code joined, of the agent's own body. */
  @Field()
  @Column('text')
  bodyKey!: string;

  @Field()
  @Column('text')
  accreditedBy!: string;

  @Field(() => Instant)
  @Column('timestamptz')
  grantedAt!: string;

  @Field(() => Instant)
  @Column('timestamptz')
  expiresAt!: string;

  /** From this instant on, until it is reviewed, the accreditation is suspended. */
  @Field(() => Instant)
  @Column('timestamptz')
  reviewDueAt!: string;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  reviewedAt?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  reviewedBy?: string | null;

  @Field(() => Instant, { nullable: true })
  @Column('timestamptz', { nullable: true })
  revokedAt?: string | null;

  @Field(() => String, { nullable: true })
  @Column('text', { nullable: true })
  revocationReason?: string | null;
}
