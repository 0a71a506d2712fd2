import { InvitationCode } from '../areas/patients/lookups.js';
import { Patient } from '../areas/patients/patient.js';
import type { Database } from '../db/database.js';
import { RECIPIENT_IDS, type Recipient } from '../law/recipients.js';

/** One query that each recipient can run at once against the demonstration. */
const QUERIES: Record<Recipient, string> = {
  PS: '{ patientByInvitation(code: "CODE", birthDate: "BIRTHDATE") { birthName firstNames birthDate invitations { code } eligibilityStep { performedAt } injectionSteps { rank vaccine performedAt } } }',
  MEDECIN_TRAITANT:
    '{ myPatients(first: 3) { edges { node { birthName firstNames injectionSteps { rank vaccine performedAt } } } pageInfo { hasNextPage } } }',
  AGENT_AM:
    '{ patient(id: "PERSON") { birthName schemeCode bodyCode postalAddress injectionSteps { rank performedAt } } }',
  AGENT_ATTESTATION: '{ patient(id: "PERSON") { birthName firstNames birthDate attestations { id kind issuedAt } } }',
  DNUM: '{ patients(first: 3) { edges { node { birthName injectionSteps { vaccine lotNumber } } } } }',
  DMP: '{ patients(first: 3) { edges { node { nir birthName injectionSteps { rank vaccine } } } } }',
  ANSM: '{ patients(first: 3) { edges { node { birthNamePrefix firstNamePrefix adverseEffects injectionSteps { vaccine lotNumber } } } } }',
  SPIS: '{ vaccinationSites(first: 3) { edges { node { name department vaccines } } } }',
  SPF: '{ patients(first: 3) { edges { node { pseudonym sex ageClass department injectionSteps { rank vaccine performedAt } } } } }',
  ARS: '{ patients(first: 3) { edges { node { pseudonym ageClass injectionSteps { rank vaccine } } } } }',
  DREES: '{ patients(first: 3) { edges { node { pseudonym ageClass injectionSteps { rank vaccine } } } } }',
  HDH: '{ patients(first: 3) { edges { node { pseudonym ageClass injectionSteps { rank vaccine } } } } }',
  PILOTAGE: '{ indicators(table: "doses-by-vaccine", period: TOTAL) { asOf mode series { vaccine values } } }',
  REMUNERATION: '{ acts(first: 3) { edges { node { kind performedOn professional { rpps } } } } }',
  PATIENT: '{ me { birthName firstNames injectionSteps { rank vaccine performedAt professional { familyName } } } }',
  OPERATEUR: '{ targetingImports { edges { node { id linesRead personsCreated linesRejected } } } }',
  AUDITEUR: '{ traces(first: 3) { edges { node { at actor operation outcome article } } } }',
};

/** The bodies of these queries as JSON, filled in with a person of the register. */
export async function firstQueries(database: Database): Promise<{ recipient: Recipient; body: string }[]> {
  const { owner } = database;
  const [person] = await owner.getRepository(Patient).find({ order: { key: 'ASC' }, take: 1 });
  const code = person && (await owner.getRepository(InvitationCode).findOneBy({ patientKey: person.key }));
  const fill = (query: string) =>
    query
      .replace('CODE', code?.code ?? 'AAA-AAA-AAA')
      .replace('BIRTHDATE', person?.birthDate ?? '1970-01-01')
      .replace('PERSON', person?.id ?? '');
  return RECIPIENT_IDS.map((recipient) => ({ recipient, body: JSON.stringify({ query: fill(QUERIES[recipient]) }) }));
}
