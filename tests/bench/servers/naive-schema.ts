import { Arg, Field, ID, Int, ObjectType, Query, Resolver } from 'type-graphql';
import {
  Column,
  DataSource,
  Entity,
  JoinColumn,
  ManyToOne,
  MoreThan,
  OneToMany,
  OneToOne,
  PrimaryColumn,
  type Relation,
} from 'typeorm';
import { BirthDate, InvitationCodeScalar } from '../../../src/areas/patients/scalars.js';
import { SnakeNaming } from '../../../src/db/naming.js';

/** The register as TypeORM and type-graphql are usually taught: entities with relations, resolvers that call `find`. */
@ObjectType()
@Entity()
export class Professional {
  @PrimaryColumn('bigint')
  key!: string;

  @Field(() => String, { nullable: true })
  @Column('text')
  rpps?: string;

  @Field(() => String, { nullable: true })
  @Column('text')
  familyName?: string;

  @Field(() => String, { nullable: true })
  @Column('text')
  firstName?: string;

  @Field(() => String, { nullable: true })
  @Column('text')
  category?: string;
}

@ObjectType()
@Entity()
export class EligibilityStep {
  @PrimaryColumn('bigint')
  patientKey!: string;

  @Field()
  @Column('timestamptz')
  performedAt!: Date;

  @Field(() => Date, { nullable: true })
  @Column('timestamptz')
  prescribedAt?: Date | null;

  @Field(() => Professional)
  @ManyToOne(() => Professional)
  @JoinColumn({ name: 'professional_key' })
  professional!: Relation<Professional>;

  @OneToOne(() => Patient)
  @JoinColumn({ name: 'patient_key' })
  patient?: Relation<Patient>;
}

@ObjectType()
@Entity()
export class InjectionStep {
  @PrimaryColumn('bigint')
  patientKey!: string;

  @Field(() => Int)
  @PrimaryColumn('smallint')
  rank!: number;

  @Field()
  @Column('text')
  vaccine!: string;

  @Field()
  @Column('text')
  lotNumber!: string;

  @Field()
  @Column('text')
  administrationRoute!: string;

  @Field()
  @Column('text')
  injectionSite!: string;

  @Field()
  @Column('timestamptz')
  performedAt!: Date;

  @Field(() => Int)
  @Column('smallint')
  placeCategory!: number;

  @Field(() => Professional)
  @ManyToOne(() => Professional)
  @JoinColumn({ name: 'professional_key' })
  professional!: Relation<Professional>;

  @ManyToOne(
    () => Patient,
    (patient) => patient.injectionSteps,
  )
  @JoinColumn({ name: 'patient_key' })
  patient?: Relation<Patient>;
}

@ObjectType()
@Entity()
export class Patient {
  @PrimaryColumn('bigint')
  key!: string;

  @Field(() => ID)
  @Column('uuid')
  id!: string;

  @Field()
  @Column('text')
  birthName!: string;

  @Field(() => String, { nullable: true })
  @Column('text')
  usageName?: string | null;

  @Field(() => [String])
  @Column('text', { array: true })
  firstNames!: string[];

  @Field()
  @Column('text')
  sex!: string;

  @Field()
  @Column('text')
  birthDate!: string;

  @Field(() => String, { nullable: true })
  @Column('text')
  birthPlace?: string | null;

  @Field(() => [String])
  @Column('text', { array: true })
  nonMedicalCriteriaCodes!: string[];

  @Field(() => EligibilityStep, { nullable: true })
  @OneToOne(
    () => EligibilityStep,
    (step) => step.patient,
  )
  eligibilityStep?: Relation<EligibilityStep> | null;

  @Field(() => [InjectionStep])
  @OneToMany(
    () => InjectionStep,
    (step) => step.patient,
  )
  injectionSteps!: Relation<InjectionStep>[];
}

@Entity()
class InvitationCode {
  @PrimaryColumn('text')
  code!: string;

  @Column('bigint')
  patientKey!: string;
}

@ObjectType()
class PatientEdge {
  @Field(() => Patient)
  node!: Patient;
}

@ObjectType()
class PageInfo {
  @Field()
  hasNextPage!: boolean;
}

@ObjectType()
class PatientConnection {
  @Field(() => [PatientEdge])
  edges!: PatientEdge[];

  @Field(() => PageInfo)
  pageInfo!: PageInfo;
}

export const naiveSource = (url: string, poolSize: number): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    entities: [Patient, EligibilityStep, InjectionStep, Professional, InvitationCode],
    namingStrategy: new SnakeNaming(),
    installExtensions: false,
    poolSize,
    poolErrorHandler: () => undefined,
  });

@Resolver()
export class NaiveResolver {
  static source: DataSource;

  @Query(() => Patient, { nullable: true })
  async patientByInvitation(
    @Arg('code', () => InvitationCodeScalar) code: string,
    @Arg('birthDate', () => BirthDate) birthDate: string,
  ): Promise<Patient | null> {
    const invitation = await NaiveResolver.source.getRepository(InvitationCode).findOneBy({ code });
    if (!invitation) return null;
    const patient = await NaiveResolver.source.getRepository(Patient).findOne({
      where: { key: invitation.patientKey, birthDate },
      relations: { eligibilityStep: { professional: true }, injectionSteps: { professional: true } },
    });
    return patient && inOrder(patient);
  }

  @Query(() => PatientConnection)
  async patients(
    @Arg('first', () => Int) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Promise<PatientConnection> {
    const found = await NaiveResolver.source.getRepository(Patient).find({
      ...(after && { where: { id: MoreThan(after) } }),
      relations: { eligibilityStep: true, injectionSteps: true },
      order: { id: 'ASC' },
      take: first + 1,
    });
    return {
      edges: found.slice(0, first).map((patient) => ({ node: inOrder(patient) })),
      pageInfo: { hasNextPage: found.length > first },
    };
  }
}

/** A nested `order` beside `take` returns other rows: the steps are put in order here. */
function inOrder(patient: Patient): Patient {
  patient.injectionSteps.sort((a, b) => a.rank - b.rank);
  return patient;
}
