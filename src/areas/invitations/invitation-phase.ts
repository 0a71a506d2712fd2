import { Field, ObjectType } from 'type-graphql';
import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import { PlainText } from '../../db/plain-text.js';
import { Day, Instant } from '../patients/scalars.js';
import type { InvitationChannel } from './invitation.js';

/**
 * A phase of the campaign (AIPD, ciblage, d): from when to when, whom it concerns by codes without meaning, by which
 * channels. Of a phase without invitation nothing is ever sent, whatever other phase concerns the same person.
 */
@ObjectType({ description: 'Phase de la campagne : dates, codes de critères, canaux d’envoi.' })
@Entity()
@Check('invitation_phase_dates', 'ends_on is null or ends_on >= starts_on')
@Check('invitation_phase_persons', 'everyone <> (cardinality(criteria_codes) > 0)')
@Check('invitation_phase_channels', 'without_invitation = (cardinality(channels) = 0)')
export class InvitationPhase {
  @Field()
  @PlainText()
  @PrimaryColumn('text', { primaryKeyConstraintName: 'invitation_phase_pkey' })
  code!: string;

  @Field(() => Day)
  @Column('date')
  startsOn!: string;

  /** The last day on which something may be sent. */
  @Field(() => Day, { nullable: true })
  @Column('date', { nullable: true })
  endsOn?: string | null;

  @Field(() => [String])
  @Column('text', { array: true })
  criteriaCodes!: string[];

  /** Whoever is targeted is concerned, whatever the criteria. */
  @Field()
  @Column('boolean')
  everyone!: boolean;

  @Field(() => [String])
  @Column('text', { array: true })
  channels!: InvitationChannel[];

  @Field()
  @Column('boolean')
  withoutInvitation!: boolean;

  @Field(() => Instant)
  @Column('timestamptz')
  declaredAt!: string;
}
