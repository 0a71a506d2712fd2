import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { Keys } from '../../src/config.js';
import type { Database } from '../../src/db/database.js';
import { NirIndex, sealContext } from '../../src/db/sealing.js';
import { createSealer } from '../../src/services.js';
import { PATIENTS, PHYSICIAN_RPPS, PROFESSIONALS, TWO_DOSES, UNVACCINATED } from './population.js';

/** Everything but the seals is made by PostgreSQL itself; the names are invented, the pseudonyms have the right form. */
const STATEMENTS = [
  `insert into professional (key, rpps, am_number, family_name, first_name, category, phone, email, structure_finess)
   select n, (10000000000 + n)::text, (751000000 + n)::text, 'PRATICIEN' || n % 97, 'CAMILLE', 'MEDECIN',
          '01' || lpad(n::text, 8, '0'), 'p' || n || '@exemple.fr', lpad((750000000 + n)::text, 9, '0')
     from generate_series(1, ${PROFESSIONALS}) n`,
  `insert into patient (key, id, birth_name, usage_name, first_names, sex, birth_date, birth_place, nir,
     birth_name_prefix, first_name_prefix, birth_year, age_class, scheme_code, body_code, postal_address, phone, email,
     department, non_medical_criteria_codes, body_key, region_code, targeting_type,
     pseudonym_covid, pseudonym_ars, pseudonym_snds)
   select n, s.id, family, case when n % 5 = 0 then 'ROUSSEAU' end, array[given, 'SACHA'],
          case when n % 2 = 0 then 'M' else 'F' end, s.birth_date, '75056', s.nir,
          left(family, 3), left(given, 3), 1930 + n % 80, '50-59', '01', (751 + n % 3)::text, n % 90 || ' rue des Lilas',
          '06' || lpad(n::text, 8, '0'), 'personne' || n || '@exemple.fr', (array['75', '69', '13'])[1 + n % 3],
          array['N0' || n % 7], '01' || (751 + n % 3)::text, (array['11', '84', '93'])[1 + n % 3], 'AUTOMATIC',
          'COVID.1.1.' || upper(md5('c' || n)), 'ARS.1.1.' || upper(md5('a' || n)), 'SNDS.1.1.' || upper(md5('s' || n))
     from seed s,
  lateral (select (array['MARTIN','BERNARD','PETIT','DURAND','LEROY','MOREAU','GARNIER'])[1 + n % 7] family,
                  (array['CAMILLE','LOUISE','PAUL','HUGO','INÈS'])[1 + n % 5] given) names`,
  'insert into patient_nir (nir_index, patient_key) select nir_index, n from seed',
  'insert into invitation_code (code, patient_key) select code, n from seed',
  `insert into invitation (patient_key, code, sent_at, channel)
   select n, code, '2021-02-01T08:00:00Z'::timestamptz + n * interval '1 second', (array['EMAIL', 'LETTER'])[1 + n % 2] from seed`,
  `insert into patient_health (patient_key, medical_criteria_codes, contraindications)
   select n, array['M12'], array['ALLERGY-PEG'] from seed where n % 4 = 0`,
  `insert into attending_physician (patient_key, rpps, consent)
   select n, (10000000000 + 1 + n / 100 % ${PROFESSIONALS})::text, true from seed`,
  `update attending_physician set rpps = '${PHYSICIAN_RPPS}' where patient_key % 100 = 7`,
  `insert into eligibility_step (patient_key, performed_at, professional_key, not_recommended_vaccines, vaccinated)
   select n, '2021-03-01T09:00:00Z'::timestamptz + n * interval '1 second', 1 + n % ${PROFESSIONALS},
          case when n % 9 = 0 then array['EU/1/21/1529'] else array[]::text[] end, true
     from seed where n <= ${PATIENTS - UNVACCINATED}`,
  `insert into injection_step (patient_key, rank, vaccine, lot_number, administration_route, injection_site,
     performed_at, place_category, place_finess, professional_key)
   select n, rank, (array['EU/1/20/1528','EU/1/20/1507','EU/1/20/1525'])[1 + n % 3], 'LOT' || n % 5000, 'INJECTABLE',
          (array['LEFT_ARM', 'RIGHT_ARM'])[1 + n % 2],
          '2021-03-02T10:30:00Z'::timestamptz + rank * interval '42 days' + n * interval '1 second',
          11, '750100125', 1 + (n + rank) % ${PROFESSIONALS}
     from seed, generate_series(1, 2) rank
    where n <= ${PATIENTS - UNVACCINATED} and (rank = 1 or n <= ${TWO_DOSES})`,
  `update patient set vaccinated = true where key <= ${PATIENTS - UNVACCINATED}`,
  `select setval('patient_key_seq', ${PATIENTS}), setval('professional_key_seq', ${PROFESSIONALS})`,
];

/** What a search needs of the nth patient. */
export interface Known {
  readonly id: string;
  readonly key: string;
  readonly code: string;
  readonly birthDate: string;
}

/** Fills an empty register, without the checks of foreign keys; the shape of the data satisfies them. */
export async function fillRegister(database: Database, keys: Keys): Promise<void> {
  const client = await database.ownerPool().connect();
  try {
    await client.query(`set statement_timeout = 0; set session_replication_role = replica; set work_mem = '256MB'`);
    await client.query(
      'create temp table seed (n bigint, id uuid, birth_date text, code text, nir text, nir_index bytea)',
    );
    await pipeline(Readable.from(seeds(keys)), client.query(copyFrom('copy seed from stdin')));
    for (const text of STATEMENTS) await client.query(text);
    await client.query('vacuum analyze');
  } finally {
    client.release(true);
  }
}

/** Rows of COPY: identifier, sealed NIR and its blind index, with the real keys. */
function* seeds(keys: Keys): Generator<string> {
  const sealer = createSealer(keys);
  const index = new NirIndex(keys.nirIndex);
  for (let n = 1; n <= PATIENTS; n += 1000) {
    let rows = '';
    for (let m = n; m < n + 1000; m += 1) {
      const nir = `1${String(m).padStart(14, '0')}`;
      const id = idOf(m);
      const birthDate = birthDateOf(m);
      const sealed = sealer.seal(nir, sealContext(id));
      rows += `${[m, id, birthDate, codeOf(m), sealed, `\\\\x${index.of(nir, birthDate).toString('hex')}`].join('\t')}\n`;
    }
    yield rows;
  }
}

const two = (n: number): string => String(n).padStart(2, '0');
const birthDateOf = (n: number): string => `${1930 + (n % 80)}-${two(1 + (n % 12))}-${two(1 + (n % 28))}`;

/** Nine letters, different for each patient. */
function codeOf(n: number): string {
  const letters = Array.from({ length: 9 }, (_, i) =>
    String.fromCharCode(65 + (Math.floor((n * 48271) / 26 ** i) % 26)),
  );
  return letters.join('').replace(/(...)(...)(...)/, '$1-$2-$3');
}

function idOf(n: number): string {
  const hex = createHash('md5').update(String(n)).digest('hex');
  const first = n > PATIENTS - UNVACCINATED ? 'f' : (Number.parseInt(hex.slice(0, 1), 16) % 15).toString(16);
  return `${first}${hex.slice(1, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** Some patients drawn over the whole register, always the same ones. */
export const somePatients = (url: string, where: string, count: number): Promise<Known[]> =>
  selected(
    url,
    `select p.id, p.key::text, c.code, p.birth_date as "birthDate" from patient p join invitation_code c on c.patient_key = p.key
      where ${where} order by md5(p.key::text) limit ${count}`,
  );

/** The last patient of each hundred, in the order of identifiers. */
export const everyHundredth = (url: string, pages: number): Promise<Known[]> =>
  selected(
    url,
    `select id, key::text from (select id, key, row_number() over (order by id) as n from (select id, key from patient
      order by id limit ${100 * pages}) first) numbered where n % 100 = 0 order by n`,
  );

async function selected(url: string, text: string): Promise<Known[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Known>(text)).rows;
  } finally {
    await client.end();
  }
}
