import { Check, Column, Entity, PrimaryColumn } from 'typeorm';
import type { InvitationChannel } from './invitation.js';

/** How many messages a channel takes a day, from a day on until the next declaration. Undeclared: none. */
@Entity()
@Check('channel_capacity_per_day', 'per_day >= 0')
export class ChannelCapacity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'channel_capacity_pkey' })
  channel!: InvitationChannel;

  @PrimaryColumn('date', { primaryKeyConstraintName: 'channel_capacity_pkey' })
  startsOn!: string;

  @Column('integer')
  perDay!: number;
}

/** How many persons of a département may be invited a day, given its capacity to vaccinate. Undeclared: none. */
@Entity()
@Check('vaccination_capacity_per_day', 'per_day >= 0')
export class VaccinationCapacity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'vaccination_capacity_pkey' })
  department!: string;

  @PrimaryColumn('date', { primaryKeyConstraintName: 'vaccination_capacity_pkey' })
  startsOn!: string;

  @Column('integer')
  perDay!: number;
}
