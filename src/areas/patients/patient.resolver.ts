import { Arg, Ctx, Field, ID, InputType, Int, Query, Resolver, registerEnumType } from 'type-graphql';
import { findsPatientInCare } from '../../access/principal.js';
import { sortKeysOf } from '../../access/views.js';
import type { NirIndex } from '../../db/sealing.js';
import type { FilterName, SortKey } from '../../law/filters.js';
import type { RequestContext } from '../../read/context.js';
import { guessOfCare } from '../../read/guesses.js';
import { Source } from '../../read/plan.js';
import { connectionOf, pageOf } from '../connections.js';
import type { Intake } from './intake.js';
import { Patient } from './patient.js';
import {
  MY_PATIENTS,
  PATIENT_BY_ID,
  PATIENT_BY_NIR,
  patientInCare,
  patientsPlan,
  THE_PATIENT,
} from './patient.plans.js';
import { BirthDate, InvitationCodeScalar, Nir, Sex } from './scalars.js';

/** The services that this area calls. */
type Context = RequestContext<{ readonly nirIndex: NirIndex; readonly intake: Intake }>;

export enum PatientOrder {
  ID = 'ID',
  PSEUDONYM = 'PSEUDONYM',
  BIRTH_DATE = 'BIRTH_DATE',
}
registerEnumType(PatientOrder, {
  name: 'PatientOrder',
  description: 'Clé de tri ; seules les données accordées sont proposées.',
});

@InputType({ description: 'Égalité sur chaque champ donné ; seules les données accordées sont proposées.' })
export class PatientFilter {
  @Field(() => Sex, { nullable: true })
  sex?: Sex;

  @Field(() => BirthDate, { nullable: true })
  birthDate?: string;

  @Field(() => Int, { nullable: true })
  birthYear?: number;

  @Field(() => String, { nullable: true })
  ageClass?: string;

  @Field(() => String, { nullable: true })
  department?: string;
}

export const PatientConnection = connectionOf(Patient);

@Resolver(() => Patient)
export class PatientResolver {
  @Query(() => Patient, { nullable: true })
  patientByInvitation(
    @Arg('code', () => InvitationCodeScalar) code: string,
    @Arg('birthDate', () => BirthDate) birthDate: string,
  ): Source {
    return new Source(THE_PATIENT, [], { care: { code, nirIndex: null, birthDate } });
  }

  @Query(() => Patient, { nullable: true })
  patientByNir(
    @Arg('nir', () => Nir) nir: string,
    @Arg('birthDate', () => BirthDate) birthDate: string,
    @Ctx() { principal, services }: Context,
  ): Source {
    const nirIndex = services.nirIndex.of(nir, birthDate);
    const nirPrefix = services.nirIndex.prefixOf(nir);
    const care = { code: null, nirIndex, nirPrefix, birthDate };
    if (!findsPatientInCare(principal)) {
      return new Source(PATIENT_BY_NIR, [`\\x${nirIndex.toString('hex')}`], { guess: guessOfCare(care) });
    }
    return patientInCare(care, services.intake);
  }

  @Query(() => Patient, { nullable: true })
  patient(@Arg('id', () => ID) id: string): Source {
    return new Source(PATIENT_BY_ID, [isUuid(id) ? id : NOBODY]);
  }

  @Query(() => PatientConnection)
  myPatients(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Arg('after', () => String, { nullable: true }) after?: string,
  ): Source {
    return new Source(MY_PATIENTS, [], { page: pageOf(first, after) });
  }

  @Query(() => PatientConnection)
  patients(
    @Arg('first', () => Int, { defaultValue: 50 }) first: number,
    @Ctx() { principal }: Context,
    @Arg('after', () => String, { nullable: true }) after?: string,
    @Arg('filter', () => PatientFilter, { nullable: true }) filter?: PatientFilter,
    @Arg('orderBy', () => PatientOrder, { nullable: true }) orderBy?: PatientOrder,
  ): Source {
    const given = Object.entries(filter ?? {}).filter(([, value]) => value !== undefined && value !== null);
    const order = (orderBy ?? sortKeysOf(principal.recipient)[0] ?? 'ID') as SortKey;
    return new Source(
      patientsPlan(
        given.map(([name]) => name as FilterName),
        order,
      ),
      given.map(([, value]) => String(value)),
      { page: pageOf(first, after) },
    );
  }

  @Query(() => Patient, { nullable: true })
  me(): Source {
    return new Source(THE_PATIENT);
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const isUuid = (text: string): boolean => UUID.test(text);
/** An identifier that nobody has: a malformed one is answered like an unknown one. */
const NOBODY = '00000000-0000-0000-0000-000000000000';
