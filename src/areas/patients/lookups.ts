import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * Where a person is found from a NIR and a birth date: the keyed blind index of both, never the NIR.
 * A table of its own, keyed by its value, so that it stays unique when the register is distributed by patient.
 */
@Entity()
export class PatientNir {
  @PrimaryColumn('bytea')
  nirIndex!: Buffer;

  @Column('bigint')
  patientKey!: string;
}

/** Where a person is found from an invitation code (AIPD, ciblage): unique, never derived from the identity. */
@Entity()
export class InvitationCode {
  @PrimaryColumn('text')
  code!: string;

  @Column('bigint')
  patientKey!: string;
}

/** The physician whom the person chose, and whether the person consents to 5°, 6° and 8° (art. 3, I, 2°). */
@Entity()
export class AttendingPhysician {
  @PrimaryColumn('bigint')
  patientKey!: string;

  @Index()
  @Column('text')
  rpps!: string;

  @Column('boolean', { default: false })
  consent!: boolean;
}

/** A physician's request for the list of his unvaccinated patients, open for one month (art. 3, I, 2°). */
@Entity()
export class UnvaccinatedListRequest {
  @PrimaryColumn('text')
  rpps!: string;

  @Column('timestamptz', { default: () => 'now()' })
  requestedAt!: Date;
}
