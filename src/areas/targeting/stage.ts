import { type Mapping, typeMapOf } from '../../db/mapping.js';
import { REGISTERED } from '../patients/registration.js';

/** The statements of a merge. Names come from TypeORM's metadata; values travel through the stage or as parameters. */
export interface StageStatements {
  /** @param sequence that gives each staged person a key; none when nobody will be written */
  readonly create: (sequence?: string) => string;
  readonly copy: string;
  readonly markMet: string;
  readonly takenCodes: string;
  readonly recode: string;
  readonly insertNew: string;
  readonly readMet: string;
  readonly remember: string;
  readonly createForeseen: string;
  readonly readForeseen: string;
  readonly foresee: string;
  readonly lockMet: string;
  readonly enrichPatient: string;
  readonly enrichHealth: string;
  readonly insertGains: string;
}

/** Scalar sub-selects, here and below: one index probe a row, however large the register and whatever its statistics. */
const lookup = (table: string, column: string): string =>
  `(select f.patient_key from ${table} f where f.${column} = s.${column})`;

/**
 * One temporary table by connection through which a batch enters the register: COPY refuses tables with row security,
 * and lines that are all checked cannot stop it.
 */
export function stageStatements(mapping: Mapping): StageStatements {
  const name = (type: string, property: string) => {
    const column = typeMapOf(mapping, type).columns.get(property)?.name;
    if (!column) throw new Error(`${type}.${property} has no column`);
    return column;
  };
  const table = (type: string) => typeMapOf(mapping, type).table;
  const patient = (property: string) => name('Patient', property);
  const columns = REGISTERED.map(patient);
  const [nirIndex, code] = [name('PatientNir', 'nirIndex'), name('InvitationCode', 'code')];
  const [medical, nonMedical, key] = [
    name('PatientHealth', 'medicalCriteriaCodes'),
    patient('nonMedicalCriteriaCodes'),
    patient('key'),
  ];
  const [patients, nirs, codes, healths] = [
    table('Patient'),
    table('PatientNir'),
    table('InvitationCode'),
    table('PatientHealth'),
  ];
  const into = (type: string, target: readonly string[], source: readonly string[]) =>
    `insert into ${table(type)} (${target.join(', ')}) select ${source.join(', ')} from stage where not met`;
  const ownerOf = (type: string) => name(type, 'patientKey');

  return {
    create: (sequence) => `
      create temp table stage on commit delete rows as
        select 0 as line, false as met, n.${nirIndex}, c.${code}, h.${medical}, p.${key}, ${columns.map((column) => `p.${column}`).join(', ')}
          from ${nirs} n, ${codes} c, ${healths} h, ${patients} p with no data
      ${sequence === undefined ? '' : `; alter table stage alter ${key} set default nextval('${sequence}')`}`,
    copy: `copy stage (line, met, ${nirIndex}, ${code}, ${medical}, ${columns.join(', ')}) from stdin`,

    markMet: `update stage s set met = true where not met and ${lookup(nirs, nirIndex)} is not null`,
    takenCodes: `select line from stage s where not met and ${lookup(codes, code)} is not null`,
    recode: `update stage set ${code} = $2 where line = $1`,

    insertNew: [
      into('PatientNir', [nirIndex, ownerOf('PatientNir')], [nirIndex, key]),
      into('InvitationCode', [code, ownerOf('InvitationCode')], [code, key]),
      into('Patient', [key, ...columns], [key, ...columns]),
      into('Invitation', [ownerOf('Invitation'), name('Invitation', 'code')], [key, code]),
      `${into('PatientHealth', [ownerOf('PatientHealth'), medical], [key, medical])} and ${medical} is not null`,
    ].join(';\n'),

    readMet: `
      select s.line, p.${key}, ${['sex', 'birthNamePrefix', 'firstNamePrefix']
        .map(patient)
        .map((column) => `s.${column}, p.${column}`)
        .join(', ')},
             ${[`s.${medical}`, `h.${medical}`, `s.${nonMedical}`, `p.${nonMedical}`].map((list) => `array_to_string(${list}, ',')`).join(', ')}
        from stage s join ${nirs} n using (${nirIndex}) join ${patients} p on p.${key} = n.${ownerOf('PatientNir')}
        left join ${healths} h on h.${ownerOf('PatientHealth')} = p.${key}
       where s.met order by p.${key}, s.line`,

    remember: `
      insert into ${table('TargetingBlock')} (${['importId', 'created', 'met'].map((property) => name('TargetingBlock', property)).join(', ')})
      select $1::uuid, coalesce((select range_agg(int8range(${key}, ${key} + 1)) from stage where not met), '{}'),
             coalesce((select range_agg(int8range(k, k + 1)) from unnest($2::bigint[]) k), '{}') returning ${name('TargetingBlock', 'id')} as id`,

    createForeseen: `
      create temp table foreseen (index bytea primary key, sex text, birth_name text, first_name text, medical text, non_medical text)`,
    readForeseen: `
      select s.line, encode(s.${nirIndex}, 'hex'), ${['sex', 'birthNamePrefix', 'firstNamePrefix']
        .map(patient)
        .map((column, at) => `s.${column}, coalesce(f.${['sex', 'birth_name', 'first_name'][at]}, p.${column})`)
        .join(', ')},
             array_to_string(s.${medical}, ','), case when f.index is null then array_to_string(h.${medical}, ',') else f.medical end,
             array_to_string(s.${nonMedical}, ','), case when f.index is null then array_to_string(p.${nonMedical}, ',') else f.non_medical end
        from stage s left join foreseen f on f.index = s.${nirIndex}
        left join ${nirs} n on n.${nirIndex} = s.${nirIndex} left join ${patients} p on p.${key} = n.${ownerOf('PatientNir')}
        left join ${healths} h on h.${ownerOf('PatientHealth')} = p.${key} order by s.line`,
    foresee: `
      insert into foreseen select decode(one.index, 'hex'), one.sex, one.birth_name, one.first_name, one.medical, one.non_medical
        from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[]) as one(index, sex, birth_name, first_name, medical, non_medical)
          on conflict (index) do update set medical = excluded.medical, non_medical = excluded.non_medical`,

    lockMet: `
      select p.${key}, array_to_string(h.${medical}, ','), array_to_string(p.${nonMedical}, ',')
        from ${patients} p left join ${healths} h on h.${ownerOf('PatientHealth')} = p.${key}
       where p.${key} = any ($1::bigint[]) order by p.${key} for update of p`,

    enrichPatient: `
      update ${patients} p set ${nonMedical} = p.${nonMedical} || string_to_array(added.codes, ',')
        from unnest($1::bigint[], $2::text[]) as added(key, codes) where p.${key} = added.key`,
    enrichHealth: `
      insert into ${healths} as h (${ownerOf('PatientHealth')}, ${medical})
      select added.key, string_to_array(added.codes, ',') from unnest($1::bigint[], $2::text[]) as added(key, codes) order by 1
          on conflict (${ownerOf('PatientHealth')}) do update set ${medical} = coalesce(h.${medical}, '{}') || excluded.${medical}`,
    insertGains: `
      insert into ${table('TargetingGain')} (${['blockId', 'patientKey', 'medical', 'nonMedical'].map((property) => name('TargetingGain', property)).join(', ')})
      select $1::bigint, gained.key, string_to_array(gained.medical, ','), string_to_array(gained.non_medical, ',')
        from unnest($2::bigint[], $3::text[], $4::text[]) as gained(key, medical, non_medical)`,
  };
}
