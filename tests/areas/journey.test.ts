import { createPublicKey, randomUUID } from 'node:crypto';
import { roleOf } from '../../src/access/grants.js';
import type { Principal } from '../../src/access/principal.js';
import { VaccinationSite } from '../../src/areas/injection/vaccination-site.js';
import { verifyCertificate } from '../../src/formats/dcc/verify.js';
import { RECIPIENT_IDS } from '../../src/law/recipients.js';
import {
  type APatient,
  anEligibility,
  anInjection,
  aPatient,
  aPerson,
  aPhysician,
  aProfessional,
  aProfessionalIdentity,
  aPs,
  aReferentialPerson,
  asOwner,
  byCode,
  byNir,
  CIVIL_SITE,
  VACCINE,
} from '../builders/a-patient.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../builders/a-register.js';

let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
});
afterAll(() => register.close());

const PS = aPs(1);
const STEPS = 'eligibilityStep { performedAt } injectionSteps { rank vaccine performedAt }';
const BY_CODE = `query ($code: InvitationCode!, $birthDate: BirthDate!) {
  found: patientByInvitation(code: $code, birthDate: $birthDate) { id birthName ${STEPS} } }`;
const BY_NIR = `query ($nir: Nir!, $birthDate: BirthDate!) {
  found: patientByNir(nir: $nir, birthDate: $birthDate) { id birthName ${STEPS} } }`;
const ELIGIBILITY = `mutation ($input: EligibilityInput!) { recordEligibility(input: $input) { id eligibilityStep {
  performedAt prescribedAt notRecommendedVaccines
  professional { rpps amNumber familyName firstName category structureFiness }
  prescriber { rpps amNumber familyName firstName category } } } }`;
const INJECTION = `mutation ($input: InjectionInput!) { recordInjection(input: $input) { id injectionSteps {
  rank vaccine lotNumber performedAt placeCategory placeFiness placeSiret professional { rpps } } } }`;
const ATTESTATION = `mutation ($input: AttestationInput) { issueAttestation(input: $input) {
  id kind issuedAt content revokedAt } }`;
const PAGE = (root: string, fields: string) =>
  `{ ${root}(first: 100) { edges { node { ${fields} } } pageInfo { hasNextPage } } }`;

const codeOf = (answer: Answer): string | undefined => answer.body.errors?.[0]?.extensions.code;
const nodesOf = (answer: Answer, root: string) =>
  answer.body.data[root].edges.map((edge: { node: object }) => edge.node);
const agentOf = (recipient: 'AGENT_AM' | 'AGENT_ATTESTATION', ...insured: APatient[]): Principal =>
  as(recipient, { bodies: insured.map(({ person }) => person.schemeCode + person.bodyCode) });
const record = (input: object, by: Principal = PS) =>
  endpoint.ask(by, 'rank' in input ? INJECTION : ELIGIBILITY, { input });

describe('a professional finds the patient in care', () => {
  it('by the code of the invitation and the birth date together', async () => {
    const patient = await aPatient(register, 100);
    const answer = await endpoint.ask(PS, BY_CODE, byCode(patient));
    expect(answer.body.data.found).toEqual({
      id: patient.id,
      birthName: patient.person.birthName,
      eligibilityStep: null,
      injectionSteps: [],
    });
  });

  it('and by nothing less: another birth date, or another code, finds nobody', async () => {
    const patient = await aPatient(register, 101, { person: { birthDate: '1950-05-05' } });
    const wrongDate = await endpoint.ask(PS, BY_CODE, { code: patient.code, birthDate: '1950-05-06' });
    const wrongCode = await endpoint.ask(PS, BY_CODE, { code: 'ZZZ-ZZZ-ZZZ', birthDate: '1950-05-05' });
    expect(wrongDate.text).toBe('{"data":{"found":null}}');
    expect(wrongCode.text).toBe(wrongDate.text);
  });

  it('never by the code alone', async () => {
    const patient = await aPatient(register, 102);
    const answer = await endpoint.ask(PS, `{ patientByInvitation(code: "${patient.code}") { id } }`);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'INVALID_DOCUMENT']);
  });

  it('by the NIR and the birth date together', async () => {
    const patient = await aPatient(register, 103, { doses: 1 });
    const found = await endpoint.ask(PS, BY_NIR, byNir(patient.person));
    const wrongDate = await endpoint.ask(PS, BY_NIR, { nir: patient.person.nir, birthDate: '1900-01-01' });
    expect(found.body.data.found.injectionSteps).toEqual([
      { rank: 1, vaccine: VACCINE, performedAt: patient.doses[0]?.performedAt },
    ]);
    expect(wrongDate.text).toBe('{"data":{"found":null}}');
  });

  it('one at a time: a request with two searches is refused', async () => {
    const [one, two] = [await aPatient(register, 104), await aPatient(register, 105)];
    const search = ({ code, person }: APatient, alias: string) =>
      `${alias}: patientByInvitation(code: "${code}", birthDate: "${person.birthDate}") { id }`;
    const answer = await endpoint.ask(PS, `{ ${search(one, 'a')} ${search(two, 'b')} }`);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'DOCUMENT_TOO_COMPLEX']);
  });
});

describe('the prior consultation', () => {
  it.each(['personAgrees', 'personInformed'])('is not recorded without the declaration %s', async (declaration) => {
    const patient = await aPatient(register, declaration.length);
    const answer = await record(anEligibility(byCode(patient), { [declaration]: false }));
    const rows = await asOwner(register, 'select from eligibility_step where patient_key = $1', [patient.key]);
    expect(answer.body.errors[0].extensions).toEqual({ code: 'DECLARATION_REQUIRED', field: declaration });
    expect(rows).toHaveLength(0);
  });

  it('names the professional of the token', async () => {
    const patient = await aPatient(register, 111);
    const answer = await record(anEligibility(byCode(patient), { notRecommendedVaccines: ['EU/1/21/1529'] }), aPs(7));
    const { phone: _, email: __, ...shown } = aProfessionalIdentity(7);
    expect(answer.body.data.recordEligibility).toEqual({
      id: patient.id,
      eligibilityStep: {
        performedAt: '2021-03-01T09:00:00+00:00',
        prescribedAt: null,
        notRecommendedVaccines: ['EU/1/21/1529'],
        professional: shown,
        prescriber: null,
      },
    });
  });

  it('cannot be told another professional than that of the token', async () => {
    const patient = await aPatient(register, 112);
    const input = anEligibility(byCode(patient), { professional: { rpps: '99700000002' } });
    const answer = await record(input);
    expect([answer.status, codeOf(answer)]).toEqual([400, 'INVALID_VARIABLES']);
    expect(answer.text).not.toContain('99700000002');
  });

  it('takes a prescriber by hand, as an indication, when another delivered the prescription', async () => {
    const patient = await aPatient(register, 113);
    const known = await aProfessional(register, 8);
    const prescriber = { rpps: known.identity.rpps, familyName: 'AUTRE', firstName: 'NOM' };
    const given = { deliversPrescription: false, prescriber, prescribedAt: '2021-02-28T08:00:00Z' };
    const answer = await record(anEligibility(byCode(patient), given));
    const { eligibilityStep } = answer.body.data.recordEligibility;
    expect(eligibilityStep.prescriber).toEqual({ ...prescriber, amNumber: null, category: null });
    expect(eligibilityStep.prescribedAt).toBe('2021-02-28T08:00:00+00:00');
    expect(eligibilityStep.professional.rpps).toBe(PS.subject);
    const [proven] = await asOwner<{ family_name: string }>(
      register,
      'select family_name from professional where key = $1',
      [known.key],
    );
    expect(proven?.family_name).toBe(known.identity.familyName);
  });

  it.each([
    ['a prescriber beside « I deliver »', { prescriber: { familyName: 'A', firstName: 'B' } }],
    ['no prescriber beside « I do not deliver »', { deliversPrescription: false }],
  ])('refuses %s', async (_, given) => {
    const patient = await aPatient(register, 114 + Object.keys(given).length + JSON.stringify(given).length);
    const answer = await record(anEligibility(byCode(patient), given));
    expect(answer.body.errors[0].extensions).toEqual({ code: 'INVALID_INPUT', field: 'prescriber' });
  });

  it('is final: a second one is refused', async () => {
    const patient = await aPatient(register, 118);
    await record(anEligibility(byCode(patient)));
    const again = await record(anEligibility(byCode(patient), { performedAt: '2021-03-09T09:00:00Z' }), aPs(2));
    expect(codeOf(again)).toBe('STEP_ALREADY_RECORDED');
  });

  it('does not lie before the birth', async () => {
    const patient = await aPatient(register, 177);
    const answer = await record(anEligibility(byCode(patient), { performedAt: '1900-01-01T00:00:00Z' }));
    expect(answer.body.errors[0].extensions).toEqual({ code: 'INVALID_INPUT', field: 'performedAt' });
  });

  it('does not lie in the future', async () => {
    const patient = await aPatient(register, 119);
    const answer = await record(anEligibility(byCode(patient), { performedAt: '2099-01-01T00:00:00Z' }));
    expect(answer.body.errors[0].extensions).toEqual({ code: 'INVALID_INPUT', field: 'performedAt' });
  });
});

describe('injections', () => {
  it('follow the consultation and each other, each once', async () => {
    const patient = await aPatient(register, 120);
    const who = byCode(patient);
    const outcomes = [];
    for (const input of [
      anInjection(who, 1),
      anEligibility(who),
      anInjection(who, 2),
      anInjection(who, 1),
      anInjection(who, 1, { lotNumber: 'OTHER' }),
      anInjection(who, 3),
      anInjection(who, 2, { performedAt: '2021-03-02T10:29:59Z' }),
      anInjection(who, 2),
    ]) {
      outcomes.push(codeOf(await record(input)) ?? 'recorded');
    }
    expect(outcomes).toEqual([
      'STEP_OUT_OF_ORDER',
      'recorded',
      'STEP_OUT_OF_ORDER',
      'recorded',
      'STEP_ALREADY_RECORDED',
      'STEP_OUT_OF_ORDER',
      'STEP_OUT_OF_ORDER',
      'recorded',
    ]);
  });

  it('are answered with what was recorded, by the professional of the token', async () => {
    const patient = await aPatient(register, 121, { eligible: true });
    const answer = await record(anInjection(byNir(patient.person), 1, { placeSiret: '73282932000074' }), aPs(9));
    expect(answer.body.data.recordInjection).toEqual({
      id: patient.id,
      injectionSteps: [
        {
          rank: 1,
          vaccine: VACCINE,
          lotNumber: 'LOT1001',
          performedAt: '2021-03-02T10:30:00+00:00',
          placeCategory: 11,
          placeFiness: CIVIL_SITE,
          placeSiret: '73282932000074',
          professional: { rpps: aProfessionalIdentity(9).rpps },
        },
      ],
    });
  });

  it('do not precede the consultation', async () => {
    const patient = await aPatient(register, 122, { eligible: true });
    const answer = await record(anInjection(byCode(patient), 1, { performedAt: '2021-02-28T10:00:00Z' }));
    expect(codeOf(answer)).toBe('STEP_OUT_OF_ORDER');
  });

  it('of nobody in care are not found', async () => {
    const answer = await record(anInjection({ code: 'ZZZ-ZZZ-ZZY', birthDate: '1950-01-01' }, 1));
    expect(codeOf(answer)).toBe('NOT_FOUND');
  });

  it('in a military place keep no place', async () => {
    const military = '130786049';
    await register.database.owner
      .getRepository(VaccinationSite)
      .insert({ finess: military, name: 'HIA', department: '13', vaccines: [VACCINE], military: true });
    const patient = await aPatient(register, 123, { eligible: true });
    const place = { placeFiness: military, placeSiret: '73282932000074' };
    const answer = await record(anInjection(byCode(patient), 1, place));
    expect(answer.body.data.recordInjection.injectionSteps[0]).toMatchObject({ placeFiness: null, placeSiret: null });
    const stored = await asOwner(register, 'select * from injection_step where patient_key = $1', [patient.key]);
    expect(JSON.stringify(stored)).not.toMatch(/130786049|73282932000074/);
  });
});

describe('recorded steps are final', () => {
  const changes = [
    `update injection_step set lot_number = 'X'`,
    'delete from injection_step',
    'truncate injection_step',
    `update eligibility_step set performed_at = now()`,
    'delete from eligibility_step',
    'truncate eligibility_step',
  ];

  it('for every role of the database, its owner included', async () => {
    await aPatient(register, 130, { doses: 1 });
    const { database } = register;
    const pools = [...RECIPIENT_IDS, 'intake' as const, 'journal' as const].map((holder) =>
      database.pool(roleOf(holder)),
    );
    for (const change of changes) {
      for (const pool of pools)
        await expect(pool.query(change)).rejects.toMatchObject({ code: expect.stringMatching(/42501/) });
      await expect(database.ownerPool().query(change)).rejects.toMatchObject({ code: 'LC001' });
    }
  });
});

describe('a certificate', () => {
  const verified = (content: string) => {
    const { privateKey, kid } = register.config.keys.attestation;
    const verification = verifyCertificate(content, (given) =>
      given.equals(kid) ? [createPublicKey(privateKey)] : [],
    );
    if (!verification.valid) throw new Error(verification.reason);
    return verification.payload;
  };

  it.each([
    [1, 1, 2],
    [2, 2, 2],
    [3, 3, 3],
  ])('of dose %d is signed and says %d/%d', async (doses, dn, sd) => {
    const patient = await aPatient(register, 140 + doses, { doses, person: { usageName: 'DUSAGE' } });
    const answer = await endpoint.ask(PS, ATTESTATION, { input: byCode(patient) });
    const payload = verified(answer.body.data.issueAttestation.content);
    expect(payload.nam.fn).toBe(patient.person.birthName);
    expect(payload.nam.gn).toBe(patient.person.firstNames.join(' '));
    expect(payload.dob).toBe(patient.person.birthDate);
    expect(payload.v).toHaveLength(1);
    expect(payload.v?.[0]).toMatchObject({ mp: VACCINE, dn, sd, dt: `2021-0${2 + doses}-02`, co: 'FR', is: 'CNAM' });
  });

  it('of a vaccine given in one dose says 1/1', async () => {
    const patient = await aPatient(register, 144, { doses: 1, dose: { vaccine: 'EU/1/20/1525' } });
    const answer = await endpoint.ask(PS, ATTESTATION, { input: byNir(patient.person) });
    expect(verified(answer.body.data.issueAttestation.content).v?.[0]).toMatchObject({ dn: 1, sd: 1 });
  });

  it('is issued by an agent to an insured person of his body, and to no other', async () => {
    const patient = await aPatient(register, 153, { doses: 2, person: { bodyCode: '901' } });
    const elsewhere = await aPatient(register, 154, { doses: 2, person: { bodyCode: '902' } });
    const agent = agentOf('AGENT_ATTESTATION', patient);
    const issued = await endpoint.ask(agent, ATTESTATION, { input: { patientId: patient.id } });
    const refused = await endpoint.ask(agent, ATTESTATION, { input: { patientId: elsewhere.id } });
    const nobody = await endpoint.ask(agent, ATTESTATION, { input: { patientId: randomUUID() } });
    expect(verified(issued.body.data.issueAttestation.content).nam.fn).toBe(patient.person.birthName);
    expect(codeOf(refused)).toBe('NOT_FOUND');
    expect(refused.text).toBe(nobody.text);
  });

  it('is issued to the person himself, whatever identifier he gives', async () => {
    const [patient, other] = [await aPatient(register, 151, { doses: 1 }), await aPatient(register, 152, { doses: 1 })];
    const me = as('PATIENT', { patient: patient.id });
    const plain = await endpoint.ask(me, ATTESTATION);
    const tricked = await endpoint.ask(me, ATTESTATION, { input: { patientId: other.id, ...byNir(other.person) } });
    expect(verified(plain.body.data.issueAttestation.content).nam.fn).toBe(patient.person.birthName);
    if (tricked.body.data) {
      expect(verified(tricked.body.data.issueAttestation.content).dob).toBe(patient.person.birthDate);
    }
  });

  it('is kept, and read again by whoever may', async () => {
    const patient = await aPatient(register, 149, { doses: 1 });
    const { id, content } = (await endpoint.ask(PS, ATTESTATION, { input: byCode(patient) })).body.data
      .issueAttestation;
    const mine = await endpoint.ask(as('PATIENT', { patient: patient.id }), '{ me { attestations { id content } } }');
    const agents = await endpoint.ask(
      agentOf('AGENT_ATTESTATION', patient),
      `{ patient(id: "${patient.id}") { attestations { id content } } }`,
    );
    expect(mine.body.data.me.attestations).toEqual([{ id, content }]);
    expect(agents.body.data.patient.attestations).toEqual([{ id, content }]);
  });

  it('is not issued before an injection', async () => {
    const patient = await aPatient(register, 150, { eligible: true });
    const answer = await endpoint.ask(PS, ATTESTATION, { input: byCode(patient) });
    expect(codeOf(answer)).toBe('NOT_VACCINATED');
  });
});

describe('a NIR that was never targeted', () => {
  const EVERYTHING = `id birthName usageName firstNames sex birthDate birthPlace nir invitations { code }
    contraindications adverseEffects infectionDate attestations { id }
    eligibilityStep { performedAt notRecommendedVaccines professional { rpps } }
    injectionSteps { rank vaccine lotNumber professional { rpps } }`;
  const SEARCH = `query ($nir: Nir!, $birthDate: BirthDate!) { patientByNir(nir: $nir, birthDate: $birthDate) { ${EVERYTHING} } }`;
  const BIRTH_DATE = '1961-06-16';

  /** Two persons whom nothing but the NIR tells apart; only the first one was targeted. */
  async function twins(number: number) {
    const shared = { ...aPerson(1), birthDate: BIRTH_DATE };
    const { nir } = aPerson(number, { birthDate: BIRTH_DATE });
    const targeted = await aPatient(register, number + 1, { person: { ...shared, nir: aPerson(number + 1).nir } });
    const untargeted = { ...shared, nir };
    await aReferentialPerson(register, untargeted);
    return { targeted: targeted.person, untargeted };
  }

  /** What differs between any two patients: identifier, code and NIR; and the moment of the answer. */
  const normalised = ({ status, headers, text }: Answer) => [
    status,
    [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name)),
    text
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
      .replace(/[A-Z]{3}-[A-Z]{3}-[A-Z]{3}/g, 'CODE')
      .replace(/"nir":"\w{15}"/g, '"nir":"NIR"'),
  ];

  it('is answered like one that was, at the first search and at the next', async () => {
    const { targeted, untargeted } = await twins(200);
    for (let search = 0; search < 2; search += 1) {
      const known = await endpoint.ask(PS, SEARCH, byNir(targeted));
      const unknown = await endpoint.ask(PS, SEARCH, byNir(untargeted));
      expect(unknown.body.data.patientByNir.nir).toBe(untargeted.nir);
      expect(normalised(unknown)).toEqual(normalised(known));
    }
  });

  it.each([
    ['a consultation', ELIGIBILITY, (who: object) => anEligibility(who)],
    ['an injection too early', INJECTION, (who: object) => anInjection(who, 1)],
    ['a certificate too early', ATTESTATION, (who: object) => who],
  ])('is answered alike when the first thing asked is %s', async (_, mutation, input) => {
    const { targeted, untargeted } = await twins(210 + 2 * mutation.length);
    const known = await endpoint.ask(PS, mutation, { input: input(byNir(targeted)) });
    const unknown = await endpoint.ask(PS, mutation, { input: input(byNir(untargeted)) });
    expect(normalised(unknown)).toEqual(normalised(known));
  });

  it('enters the register once, as type MANUAL, however many look for it at once', async () => {
    const { untargeted } = await twins(220);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => endpoint.ask(aPs(index), SEARCH, byNir(untargeted))),
    );
    const nirIndex = register.registrar.indexOf(untargeted.nir, untargeted.birthDate);
    const rows = await asOwner<{ targeting_type: string }>(
      register,
      'select targeting_type from patient p join patient_nir n on n.patient_key = p.key where n.nir_index = $1',
      [nirIndex],
    );
    expect(rows).toEqual([{ targeting_type: 'MANUAL' }]);
    expect(new Set(answers.map(({ body }) => body.data.patientByNir?.id)).size).toBe(1);
  });

  it('goes through the whole journey', async () => {
    const { untargeted } = await twins(230);
    const who = byNir(untargeted);
    const found = await endpoint.ask(PS, SEARCH, who);
    const { code } = found.body.data.patientByNir.invitations[0];
    await record(anEligibility({ code, birthDate: untargeted.birthDate }));
    await record(anInjection(who, 1));
    const certificate = await endpoint.ask(PS, ATTESTATION, { input: { code, birthDate: untargeted.birthDate } });
    expect(certificate.body.data.issueAttestation.kind).toBe('EU_DCC_VACCINATION');
  });

  it('that no referential knows is nobody', async () => {
    const answer = await endpoint.ask(PS, BY_NIR, byNir(aPerson(240)));
    expect(answer.text).toBe('{"data":{"found":null}}');
  });

  it('is not taken in for an agent', async () => {
    const { untargeted } = await twins(242);
    const agent = as('AGENT_AM', { bodies: [untargeted.schemeCode + untargeted.bodyCode] });
    const answer = await endpoint.ask(
      agent,
      '{ patientByNir(nir: "NIR", birthDate: "BORN") { id } }'
        .replace('NIR', untargeted.nir)
        .replace('BORN', untargeted.birthDate),
    );
    expect(answer.body).toEqual({ data: { patientByNir: null } });
  });
});

describe('the attending physician', () => {
  const HEALTH = { contraindications: ['ALLERGIE-PEG'], medicalCriteriaCodes: ['ALD30'], treatments: ['T1'] };
  const READ = (id: string) => `{ patient(id: "${id}") { birthName contraindications medicalCriteriaCodes treatments
    eligibilityStep { performedAt } injectionSteps { rank professional { familyName phone } } } }`;

  it('reads 5°, 6° and 8° of a person who consents', async () => {
    const physician = aPhysician(20);
    const patient = await aPatient(register, 300, {
      doses: 1,
      health: HEALTH,
      attending: { rpps: physician.subject, consent: true },
    });
    const { data, extensions } = (await endpoint.ask(physician, READ(patient.id))).body;
    const { familyName, phone } = aProfessionalIdentity(1);
    expect(extensions).toBeUndefined();
    expect(data.patient).toMatchObject({
      ...HEALTH,
      birthName: patient.person.birthName,
      injectionSteps: [{ rank: 1, professional: { familyName, phone } }],
    });
  });

  it('is told what a person who does not consent withholds, and by which article', async () => {
    const physician = aPhysician(21);
    const patient = await aPatient(register, 301, {
      doses: 1,
      health: HEALTH,
      attending: { rpps: physician.subject, consent: false },
    });
    const answer = await endpoint.ask(physician, READ(patient.id));
    expect(answer.body.data.patient).toEqual({
      birthName: patient.person.birthName,
      contraindications: null,
      medicalCriteriaCodes: null,
      treatments: null,
      eligibilityStep: null,
      injectionSteps: null,
    });
    const { withheld } = answer.body.extensions;
    expect(withheld).toContainEqual({ field: 'Patient.contraindications', article: 'art. 3, I, 2°' });
    expect(withheld.every(({ article }: { article: string }) => article === 'art. 3, I, 2°')).toBe(true);
    expect(withheld.map(({ field }: { field: string }) => field)).toEqual(
      expect.arrayContaining(['Patient.eligibilityStep', 'Patient.injectionSteps', 'Patient.treatments']),
    );
  });

  it('cannot tell an unvaccinated person who does not consent from a vaccinated one', async () => {
    const physician = aPhysician(22);
    const attending = { rpps: physician.subject, consent: false };
    const texts = [];
    for (const [number, doses] of [
      [302, 0],
      [303, 2],
    ] as const) {
      const patient = await aPatient(register, number, { doses, attending, person: { birthName: 'MARTIN' } });
      texts.push((await endpoint.ask(physician, READ(patient.id))).text);
    }
    expect(texts[0]).toBe(texts[1]);
  });

  it('reaches his own patients and nobody else', async () => {
    const [mine, theirs] = [aPhysician(23), aPhysician(24)];
    const patient = await aPatient(register, 304, { attending: { rpps: mine.subject, consent: true } });
    const other = await aPatient(register, 305, { attending: { rpps: theirs.subject, consent: true } });
    const list = await endpoint.ask(mine, PAGE('myPatients', 'id'));
    const stranger = await endpoint.ask(mine, READ(other.id));
    expect(nodesOf(list, 'myPatients')).toEqual([{ id: patient.id }]);
    expect(stranger.body).toEqual({ data: { patient: null } });
  });

  it('has the list of the unvaccinated on request only, and for one month', async () => {
    const physician = aPhysician(25);
    const attending = { rpps: physician.subject, consent: true };
    const unvaccinated = await aPatient(register, 306, { eligible: true, attending });
    await aPatient(register, 307, { doses: 1, attending });
    const list = () => endpoint.ask(physician, PAGE('unvaccinatedPatients', 'id'));
    const aged = (age: string) =>
      asOwner(register, 'update unvaccinated_list_request set requested_at = now() - $1::interval where rpps = $2', [
        age,
        physician.subject,
      ]);
    expect(codeOf(await list())).toBe('LIST_NOT_REQUESTED');
    const until = (await endpoint.ask(physician, 'mutation { requestUnvaccinatedList }')).body.data;
    expect(Date.parse(until.requestUnvaccinatedList)).toBeGreaterThan(Date.now() + 27 * 86_400_000);
    expect(nodesOf(await list(), 'unvaccinatedPatients')).toEqual([{ id: unvaccinated.id }]);
    await aged('1 month - 1 minute');
    expect(nodesOf(await list(), 'unvaccinatedPatients')).toEqual([{ id: unvaccinated.id }]);
    await aged('1 month 1 minute');
    expect(codeOf(await list())).toBe('LIST_NOT_REQUESTED');
    await endpoint.ask(physician, 'mutation { requestUnvaccinatedList }');
    expect(nodesOf(await list(), 'unvaccinatedPatients')).toEqual([{ id: unvaccinated.id }]);
  });

  it('learns from that list no more than identities', async () => {
    const physician = aPhysician(26);
    await aPatient(register, 308, {
      eligible: true,
      health: HEALTH,
      attending: { rpps: physician.subject, consent: true },
    });
    await endpoint.ask(physician, 'mutation { requestUnvaccinatedList }');
    const answer = await endpoint.ask(
      physician,
      PAGE('unvaccinatedPatients', 'contraindications eligibilityStep { performedAt }'),
    );
    expect(nodesOf(answer, 'unvaccinatedPatients')).toEqual([{ contraindications: null, eligibilityStep: null }]);
    expect(answer.body.extensions.withheld).toHaveLength(3);
  });
});

describe('each recipient reaches its own rows', () => {
  it('an agent the insured of his body and of the bodies that delegate to it', async () => {
    const people = [
      await aPatient(register, 320, { person: { bodyCode: '911' } }),
      await aPatient(register, 321, { person: { bodyCode: '912' } }),
      await aPatient(register, 322, { person: { bodyCode: '913' } }),
    ] as const;
    const agent = agentOf('AGENT_AM', people[0], people[1]);
    const found = await Promise.all(
      people.flatMap(({ id, person }) => [
        endpoint.ask(agent, `{ found: patient(id: "${id}") { id } }`),
        endpoint.ask(agent, `{ found: patientByNir(nir: "${person.nir}", birthDate: "${person.birthDate}") { id } }`),
      ]),
    );
    const ids = found.map(({ body }) => body.data.found?.id);
    expect(ids).toEqual([people[0].id, people[0].id, people[1].id, people[1].id, undefined, undefined]);
  });

  it('a regional agency the residents of its region', async () => {
    const paris = await aPatient(register, 323, { person: { department: '75' } });
    const corsica = await aPatient(register, 324, { person: { department: '2A' } });
    const list = async (region: string) =>
      nodesOf(await endpoint.ask(as('ARS', { region }), PAGE('patients', 'pseudonym')), 'patients').map(
        ({ pseudonym }: { pseudonym: string }) => pseudonym,
      );
    const inCorsica = await list('94');
    expect(inCorsica).toContain(corsica.pseudonyms.ars);
    expect(inCorsica).not.toContain(paris.pseudonyms.ars);
  });

  it('research all but those who object to it', async () => {
    const objector = await aPatient(register, 325, { doses: 1, researchObjection: true });
    const other = await aPatient(register, 326, { doses: 1 });
    const seen = await everyPseudonym(as('HDH'));
    expect(seen).toContain(other.pseudonyms.snds);
    expect(seen).not.toContain(objector.pseudonyms.snds);
  });

  it('each pseudonymised recipient under its own pseudonyms', async () => {
    const patient = await aPatient(register, 327, { person: { department: '976' } });
    const inMayotte = await endpoint.ask(as('ARS', { region: '06' }), PAGE('patients', 'pseudonym'));
    expect(nodesOf(inMayotte, 'patients')).toEqual([{ pseudonym: patient.pseudonyms.ars }]);
    expect(await everyPseudonym(as('SPF'))).toContain(patient.pseudonyms.covid);
    expect(await everyPseudonym(as('DREES'))).toContain(patient.pseudonyms.covid);
    expect(await everyPseudonym(as('HDH'))).toContain(patient.pseudonyms.snds);
    expect(new Set(Object.values(patient.pseudonyms)).size).toBe(3);
  });

  async function everyPseudonym(principal: Principal): Promise<string[]> {
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const query = `query ($after: String) { patients(first: 100, after: $after) {
        edges { node { pseudonym } } pageInfo { hasNextPage endCursor } } }`;
      const answer: Answer = await endpoint.ask(principal, query, { after });
      seen.push(...nodesOf(answer, 'patients').map(({ pseudonym }: { pseudonym: string }) => pseudonym));
      const { hasNextPage, endCursor } = answer.body.data.patients.pageInfo;
      if (!hasNextPage) return seen;
      after = endCursor;
    }
  }

  it.each(['DMP', 'ANSM'] as const)('%s the vaccinated only', async (recipient) => {
    const born = recipient === 'DMP' ? '1931-01-31' : '1932-01-31';
    await aPatient(register, 330 + recipient.length, { eligible: true, person: { birthDate: born } });
    await aPatient(register, 340 + recipient.length, { doses: 1, person: { birthDate: born } });
    const answer = await endpoint.ask(
      as(recipient),
      `{ patients(filter: { birthDate: "${born}" }) { edges { node { birthDate injectionSteps { rank } } } } }`,
    );
    expect(nodesOf(answer, 'patients')).toEqual([{ birthDate: born, injectionSteps: [{ rank: 1 }] }]);
  });

  it('the trusted third party nobody, as long as no risk case is open', async () => {
    await aPatient(register, 350, { doses: 2 });
    const answer = await endpoint.ask(as('DNUM'), PAGE('patients', 'id'));
    expect(answer.body).toEqual({ data: { patients: { edges: [], pageInfo: { hasNextPage: false } } } });
  });

  it('the payment chain acts without a person or a vaccination', async () => {
    const patient = await aPatient(register, 351);
    const who = byCode(patient);
    await record(anEligibility(who, { performedAt: '2021-05-05T09:00:00Z' }), aPs(31));
    await record(anInjection(who, 1, { performedAt: '2021-05-06T09:00:00Z' }), aPs(31));
    const { rpps, amNumber } = aProfessionalIdentity(31);
    const answer = await endpoint.ask(
      as('REMUNERATION'),
      PAGE('acts', 'kind performedOn professional { rpps amNumber }'),
    );
    const mine = nodesOf(answer, 'acts').filter(
      (act: { professional: { rpps: string } }) => act.professional.rpps === rpps,
    );
    expect(mine).toEqual([
      { kind: 'CONSULTATION', performedOn: '2021-05-05', professional: { rpps, amNumber } },
      { kind: 'INJECTION', performedOn: '2021-05-06', professional: { rpps, amNumber } },
    ]);
    const columns = await asOwner<{ column_name: string }>(
      register,
      `select column_name from information_schema.columns where table_name = 'act' order by 1`,
    );
    expect(columns.map((column) => column.column_name)).toEqual(['key', 'kind', 'performed_on', 'professional_key']);
  });
});
