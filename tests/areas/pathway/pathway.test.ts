import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeProtectedHeader, importJWK, jwtVerify } from 'jose';
import { fieldRight } from '../../../src/access/decide.js';
import { PLACE_CATEGORIES } from '../../../src/law/place-categories.js';
import { INFORMATION_NOTICE, SUMMARY, SUMMARY_FIELDS } from '../../../src/law/summary.js';
import { operator } from '../../builders/a-client.js';
import {
  anEligibility,
  anInjection,
  aPatient,
  aPerson,
  aProfessionalIdentity,
  aPs,
  aReferentialPerson,
  asOwner,
  byCode,
  byNir,
} from '../../builders/a-patient.js';
import { popplerOf, textOf } from '../../builders/a-pdf-text.js';
import { type Answer, aRegister, as, type Endpoint, type Register } from '../../builders/a-register.js';

const PORTAL = 'https://portail.example/declaration';
let register: Register;
let endpoint: Endpoint;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
});
afterAll(() => register.close());

const COMPUTED = 'nextStep { kind rank earliestOn latestOn source } warnings { code message source }';
const STEPS = 'injectionSteps { rank lotStatus placeFiness } eligibilityStep { prescriber { familyName assurance } }';
const ELIGIBILITY = `mutation ($input: EligibilityInput!) { done: recordEligibility(input: $input) { ${COMPUTED} ${STEPS} } }`;
const INJECTION = `mutation ($input: InjectionInput!) { done: recordInjection(input: $input) { ${COMPUTED} ${STEPS} } }`;
const PS = aPs(1);
let people = 0;
/** A number that no other patient of this file has. */
const fresh = (): number => ++people;
const record = (input: object, headers?: Record<string, string>): Promise<Answer> =>
  endpoint.ask(PS, 'rank' in input ? INJECTION : ELIGIBILITY, { input }, headers);
const errorOf = ({ body }: Answer) => body.errors?.[0]?.extensions;
const warned = ({ body }: Answer) => body.data.done.warnings.map(({ code }: { code: string }) => code);
const next = ({ body }: Answer) => body.data.done.nextStep;

/** How many rows each table holds, traces apart. */
async function rowsOfTables(): Promise<Record<string, string>> {
  const tables = await asOwner<{ name: string }>(
    register,
    `select tablename as name from pg_tables where schemaname = 'public' and tablename not in ('trace', 'migrations') order by 1`,
  );
  const counts: Record<string, string> = {};
  for (const { name } of tables) {
    const [row] = await asOwner<{ count: string }>(register, `select count(*) from ${name}`);
    counts[name] = row?.count ?? '';
  }
  return counts;
}

describe('only a yes is ever stored', () => {
  it('whatever a request says no to, no table has a row more', async () => {
    const patient = await aPatient(register, fresh());
    const eligible = await aPatient(register, fresh(), { eligible: true });
    await record(anEligibility({ code: 'ZZZ-ZZZ-ZZZ', birthDate: '1950-01-01' }));
    const before = await rowsOfTables();
    for (const said of [
      { personAgrees: false },
      { personInformed: false },
      { personAgrees: false, personInformed: false },
    ]) {
      const answers = [
        await record(anEligibility(byCode(patient), said)),
        await record(
          anEligibility(byNir(patient.person), {
            ...said,
            deliversPrescription: false,
            prescriber: { familyName: 'NON', firstName: 'NON' },
          }),
        ),
        await record(anInjection(byCode(eligible), 1, said)),
      ];
      expect(answers.map((answer) => errorOf(answer).code)).toEqual(Array(3).fill('DECLARATION_REQUIRED'));
    }
    expect(await rowsOfTables()).toEqual(before);
  });
  it('and no column of a step could hold a no', async () => {
    const columns = await asOwner<{ column_name: string }>(
      register,
      `select column_name from information_schema.columns where table_name in ('eligibility_step', 'injection_step')
         and (data_type = 'boolean' or column_name ~ 'agree|consent|refus|declin|status') order by 1`,
    );
    // The second one says whether there is an injection.
    expect(columns.map(({ column_name }) => column_name)).toEqual(['lot_status', 'vaccinated']);
  });
});

describe('eligibility', () => {
  it('by a prescriber given by hand says that he is unverified, wherever he is shown', async () => {
    const patient = await aPatient(register, fresh(), { attending: { rpps: PS.subject, consent: true } });
    const prescriber = { familyName: 'LOINTAIN', firstName: 'LOU' };
    const answer = await record(anEligibility(byCode(patient), { deliversPrescription: false, prescriber }));
    expect(answer.body.data.done.eligibilityStep.prescriber).toEqual({
      familyName: 'LOINTAIN',
      assurance: 'INDICATIVE',
    });
    expect(warned(answer)).toEqual(['PRESCRIBER_UNVERIFIED']);
    const shown = '{ eligibilityStep { prescriber { familyName assurance } professional { assurance } } }';
    const views = [
      await endpoint.ask(as('PATIENT', { patient: patient.id }), `{ found: me ${shown} }`),
      await endpoint.ask({ ...PS, recipient: 'MEDECIN_TRAITANT' }, `{ found: patient(id: "${patient.id}") ${shown} }`),
      await endpoint.ask(
        as('AGENT_AM', { bodies: [patient.person.schemeCode + patient.person.bodyCode] }),
        `{ found: patient(id: "${patient.id}") ${shown} }`,
      ),
    ];
    for (const { body } of views) {
      expect(body.data.found.eligibilityStep).toEqual({
        prescriber: { familyName: 'LOINTAIN', assurance: 'INDICATIVE' },
        professional: { assurance: 'VERIFIED' },
      });
    }
  });
  it.each([
    ['a prescription in the future', { prescribedAt: '2099-01-01T00:00:00Z' }, 'prescribedAt'],
    ['a prescription before the birth', { prescribedAt: '1890-01-01T00:00:00Z' }, 'prescribedAt'],
    ['a vaccine that does not exist', { notRecommendedVaccines: ['EU/1/99/9999'] }, 'notRecommendedVaccines'],
  ])('refuses %s', async (_, given, field) => {
    const patient = await aPatient(register, fresh());
    const prescriber = { familyName: 'LOINTAIN', firstName: 'LOU' };
    const answer = await record(anEligibility(byCode(patient), { deliversPrescription: false, prescriber, ...given }));
    expect(errorOf(answer)).toEqual({ code: 'INVALID_INPUT', field });
  });
  it('proposes the first dose from its own day, and is proposed itself before', async () => {
    const patient = await aPatient(register, fresh());
    const before = await endpoint.ask(
      PS,
      `query ($code: InvitationCode, $birthDate: BirthDate!) {
      done: stepSummary(code: $code, birthDate: $birthDate) { ${COMPUTED} } }`,
      byCode(patient),
    );
    expect(next(before)).toMatchObject({ kind: 'ELIGIBILITY', rank: null });
    const answer = await record(anEligibility(byCode(patient)));
    expect(next(answer)).toEqual({
      kind: 'INJECTION',
      rank: 1,
      earliestOn: '2021-03-01',
      latestOn: null,
      source: 'AIPD, suivi',
    });
  });
});

describe('an injection', () => {
  it('is answered with the next step and the alerts of its rules, sources included', async () => {
    const patient = await aPatient(register, fresh(), { eligible: true, notRecommendedVaccines: ['EU/1/21/1529'] });
    await asOwner(register, `insert into vaccine_lot values ('EU/1/21/1529', 'ABC1234') on conflict do nothing`);
    const given = { vaccine: 'EU/1/21/1529', lotNumber: 'ABC1234', placeFiness: '750100120' };
    const first = await record(anInjection(byCode(patient), 1, given));
    expect(first.body.data.done.injectionSteps).toEqual([{ rank: 1, lotStatus: 'KNOWN', placeFiness: '750100120' }]);
    const age = Number(patient.person.birthDate.slice(0, 4)) > 1965 ? ['AGE_OUTSIDE_RECOMMENDATION'] : [];
    expect(warned(first)).toEqual([...age, 'VACCINE_NOT_RECOMMENDED', 'FINESS_KEY']);
    expect(next(first)).toEqual({
      kind: 'INJECTION',
      rank: 2,
      earliestOn: '2021-05-04',
      latestOn: '2021-05-25',
      source: 'HAS, 1er mars 2021',
    });
    const second = await record(anInjection(byCode(patient), 2, { ...given, lotNumber: 'NOWHERE1' }), {
      'accept-language': 'en',
    });
    expect(second.body.data.done.warnings).toContainEqual({
      code: 'LOT_UNKNOWN',
      message: 'This lot number is not among the known lots of this vaccine.',
      source: 'AIPD, suivi',
    });
    expect(warned(second)).toContain('INTERVAL_TOO_SHORT');
    expect(second.body.data.done.injectionSteps[1].lotStatus).toBe('UNKNOWN');
  });

  it('that was the last closes the dossier until a further dose is due', async () => {
    const patient = await aPatient(register, fresh(), { eligible: true, person: { birthDate: '1950-01-01' } });
    const who = byCode(patient);
    await record(anInjection(who, 1, { performedAt: '2021-08-10T10:00:00Z' }));
    const last = await record(anInjection(who, 2, { performedAt: '2021-09-14T10:00:00Z' }));
    expect(next(last)).toMatchObject({ kind: 'BOOSTER', rank: 3, earliestOn: '2021-12-15' });
    const outcomes = [];
    for (const performedAt of ['2021-08-31T10:00:00Z', '2021-12-15T09:00:00Z'])
      outcomes.push(errorOf(await record(anInjection(who, 3, { performedAt })))?.code ?? 'RECORDED');
    expect(outcomes).toEqual(['STEP_OUT_OF_ORDER', 'RECORDED']);
    const early = await record(anInjection(who, 4, { performedAt: '2022-01-10T10:00:00Z' }));
    expect(errorOf(early)).toEqual({ code: 'DOSSIER_CLOSED', article: 'AIPD, suivi' });
    const [trace] = await asOwner<object>(
      register,
      `select operation, outcome, article, records from trace order by id desc limit 1`,
    );
    expect(trace).toEqual({ operation: 'recordInjection', outcome: 'REFUSED', article: 'AIPD, suivi', records: [] });
    const due = await record(anInjection(who, 4, { performedAt: '2022-03-17T10:00:00Z' }));
    expect(warned(due)).toEqual(['FURTHER_BOOSTER', 'LOT_UNKNOWN']);
  });

  it.each([
    ['an unknown product', { vaccine: 'EU/1/99/9999' }, { code: 'INVALID_INPUT', field: 'vaccine' }],
    [
      'a product not yet authorised',
      { vaccine: 'EU/1/21/1618' },
      { code: 'VACCINE_NOT_AUTHORISED', article: 'autorisation européenne' },
    ],
    ['a SIRET whose key is false', { placeSiret: '73282932000075' }, { code: 'INVALID_INPUT', field: 'placeSiret' }],
    ['a FINESS that is none', { placeFiness: '75010' }, { code: 'INVALID_VARIABLES' }],
    ['a fourteenth category of place', { placeCategory: 14 }, { code: 'INVALID_VARIABLES' }],
    ['a lot of a wrong form', { lotNumber: 'a b' }, { code: 'INVALID_VARIABLES' }],
    ['another route', { administrationRoute: 'NASAL' }, { code: 'INVALID_VARIABLES' }],
    ['another site', { injectionSite: 'THIGH' }, { code: 'INVALID_VARIABLES' }],
    ['the future', { performedAt: '2099-01-01T00:00:00Z' }, { code: 'INVALID_INPUT', field: 'performedAt' }],
    [
      'the time before birth',
      { performedAt: '1899-01-01T00:00:00Z' },
      { code: 'VACCINE_NOT_AUTHORISED', article: 'autorisation européenne' },
    ],
    [
      'the time before the consultation',
      { performedAt: '2021-02-01T00:00:00Z' },
      { code: 'STEP_OUT_OF_ORDER', field: 'rank' },
    ],
    ['a tenth dose', { rank: 10 }, { code: 'INVALID_VARIABLES' }],
  ])('refuses %s, with its code', async (_, given, expected) => {
    const patient = await aPatient(register, fresh(), { eligible: true });
    const answer = await record(anInjection(byCode(patient), 1, given));
    expect(errorOf(answer)).toEqual(expected);
    expect(await asOwner(register, 'select from injection_step where patient_key = $1', [patient.key])).toHaveLength(0);
  });

  it('takes each of the thirteen place categories', async () => {
    for (const code of Object.keys(PLACE_CATEGORIES).map(Number)) {
      const patient = await aPatient(register, fresh(), { eligible: true });
      const answer = await record(
        anInjection(byCode(patient), 1, { placeCategory: code, placeSiret: '73282932000074', placeFiness: null }),
      );
      expect(errorOf(answer)).toBeUndefined();
    }
  });
});

describe('known lots', () => {
  const written = (name: string, text: string): string => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'lancette-lots-')), name);
    writeFileSync(file, text);
    return file;
  };
  it('are added by an operator, once each, and known from the next injection on', async () => {
    const file = written('lots.csv', '\ufeffvaccine,lotNumber\r\nEU/1/20/1528,FRESH-01\r\nEU/1/20/1528,FRESH-02\n');
    const runs = [await operator(register, 'declare-lots', file), await operator(register, 'declare-lots', file)];
    expect(runs.map(({ code, said }) => [code, said])).toEqual([
      [0, 'lots ajoutés : 2'],
      [0, 'lots ajoutés : 0'],
    ]);
    const statuses = [];
    for (const vaccine of ['EU/1/20/1528', 'EU/1/20/1507']) {
      const patient = await aPatient(register, fresh(), { eligible: true });
      const answer = await record(anInjection(byCode(patient), 1, { vaccine, lotNumber: 'FRESH-02' }));
      statuses.push(answer.body.data.done.injectionSteps[0].lotStatus);
    }
    expect(statuses).toEqual(['KNOWN', 'UNKNOWN']);
  });
  it.each([
    ['another header', 'lot\nEU/1/20/1528,GOOD-01\n', 'FILE_FORMAT'],
    ['an empty file', '', 'FILE_FORMAT'],
    ['a lot of a wrong form', 'vaccine,lotNumber\nEU/1/20/1528,GOOD-01\nEU/1/20/1528,a b\n', 'INVALID_INPUT: line 3'],
    ['an unknown product', 'vaccine,lotNumber\nEU/1/99/9999,GOOD-01\n', 'INVALID_INPUT: line 2'],
    ['a third column', 'vaccine,lotNumber\nEU/1/20/1528,GOOD-01,x\n', 'INVALID_INPUT: line 2'],
  ])('of a file with %s are not added at all', async (_, text, said) => {
    const run = await operator(register, 'declare-lots', written('bad.csv', text));
    expect(run.code).toBe(1);
    expect(run.said).toContain(said);
    expect(await asOwner(register, `select from vaccine_lot where lot_number like 'GOOD%'`)).toHaveLength(0);
  });
});

const SUMMARY_VIEW = `query ($code: InvitationCode, $nir: Nir, $birthDate: BirthDate!) { done: stepSummary(code: $code, nir: $nir, birthDate: $birthDate) {
  birthName usageName firstNames birthDate nir sex birthPlace contraindications invitations { code }
  eligibilityStep { performedAt prescribedAt notRecommendedVaccines professional { rpps amNumber familyName firstName category phone email }
    prescriber { rpps amNumber familyName firstName assurance } }
  injectionSteps { rank vaccine lotNumber lotStatus administrationRoute injectionSite performedAt placeCategory placeFiness placeSiret
    professional { rpps amNumber familyName firstName } } } }`;
const SUMMARY_PDF = `query ($code: InvitationCode, $nir: Nir, $birthDate: BirthDate!) {
  pdf: stepSummaryPdf(code: $code, nir: $nir, birthDate: $birthDate) }`;

describe('the summary', () => {
  const words = (text: string) => text.replace(/\s+/g, '');

  let summary: ReturnType<typeof drawUp> | undefined;
  const aSummary = () => {
    summary ??= drawUp();
    return summary;
  };

  async function drawUp() {
    const health = { contraindications: ['ALLERGIE-PEG'], treatments: ['TRAITEMENT-T1'] };
    const patient = await aPatient(register, fresh(), { health, person: { usageName: 'D’USAGE', birthName: 'ŒUVRÉ' } });
    const who = byCode(patient);
    const prescriber = { familyName: 'LOINTAIN', firstName: 'LOU', rpps: '99700000077' };
    await record(
      anEligibility(who, { deliversPrescription: false, prescriber, notRecommendedVaccines: ['EU/1/21/1529'] }),
    );
    await record(anInjection(who, 1, { placeSiret: '73282932000074' }));
    const { body } = await endpoint.ask(PS, SUMMARY_VIEW, who);
    const answer = await endpoint.ask(PS, SUMMARY_PDF, who);
    return { patient, shown: body.data.done, pdf: Buffer.from(answer.body.data.pdf, 'base64') };
  }

  it('as a PDF says what the view says, line by line, and nothing that the AIPD’s list lacks', async () => {
    const { patient, shown, pdf } = await aSummary();
    const text = words(textOf(pdf));
    const [step] = shown.injectionSteps;
    const expected = [
      shown.birthName,
      shown.usageName,
      shown.firstNames.join(', '),
      shown.birthDate.split('-').reverse().join('/'),
      shown.nir,
      shown.invitations[0].code,
      '1 mars 2021 à 10:00',
      'Vaxzevria (EU/1/21/1529)',
      'Comirnaty (EU/1/20/1528)',
      'Accord du patient oui',
      step.lotNumber,
      'lot non retrouvé parmi les lots connus',
      'injectable',
      'bras gauche',
      '2 mars 2021 à 11:30',
      'Centre de vaccination',
      step.placeFiness,
      step.placeSiret,
      step.professional.rpps,
      step.professional.amNumber,
      step.professional.familyName,
      step.professional.firstName,
      shown.eligibilityStep.prescriber.rpps,
      'LOINTAIN',
      'indicative, non vérifiée',
      INFORMATION_NOTICE,
    ];
    expect(expected.filter((one) => !text.includes(words(one)))).toEqual([]);
    const { phone, email, structureFiness } = aProfessionalIdentity(1);
    const unlisted = [
      'ALLERGIE-PEG',
      'TRAITEMENT-T1',
      phone,
      email,
      patient.person.postalAddress,
      patient.person.phone,
      patient.person.email,
    ];
    expect(unlisted.filter((one) => one && text.includes(words(one)))).toEqual([]);
    expect(structureFiness).toBe(step.placeFiness);
    const labels = Object.values(SUMMARY).flatMap((lines) => lines.map(({ label }) => words(label)));
    expect(labels.filter((label) => !text.includes(label) && label !== words('FINESS du lieu'))).toEqual([]);
  });

  it('holds no field that the view of the professional is not granted', () => {
    for (const field of SUMMARY_FIELDS) {
      const [type = '', name = ''] = field.split('.');
      expect([field, fieldRight('PS', type, name).granted]).toEqual([field, true]);
    }
  });

  it('is tagged and in French, and reads the same to poppler', async () => {
    const { pdf } = await aSummary();
    const text = popplerOf('pdftotext', pdf, '-layout');
    if (text === undefined) return;
    expect(text).toContain('Bilan de vaccination contre la Covid-19');
    expect(popplerOf('pdfinfo', pdf)).toMatch(/Tagged: +yes/);
    expect(popplerOf('pdfinfo', pdf, '-struct-text')).toContain('Numéro de lot');
  });

  it('of whoever is not found, and of whoever was never targeted, tells nothing more than a search', async () => {
    const nobody = { code: 'QQQ-QQQ-QQQ', birthDate: '1950-01-01' };
    expect((await endpoint.ask(PS, SUMMARY_PDF, nobody)).text).toBe('{"data":{"pdf":null}}');
    expect((await endpoint.ask(PS, SUMMARY_VIEW, nobody)).text).toBe('{"data":{"done":null}}');
    const untargeted = aPerson(410);
    await aReferentialPerson(register, untargeted);
    const answer = await endpoint.ask(PS, SUMMARY_PDF, byNir(untargeted));
    expect(words(textOf(Buffer.from(answer.body.data.pdf, 'base64')))).toContain(untargeted.birthName);
  });

  it('is traced under every category that it prints, and refused to the others', async () => {
    const patient = await aPatient(register, fresh(), { doses: 1 });
    await endpoint.ask(PS, SUMMARY_PDF, byCode(patient));
    const traces = await asOwner<{ categories: string[]; outcome: string }>(
      register,
      `select categories, outcome from trace where operation = 'stepSummaryPdf' and $1 = any (records)`,
      [patient.key],
    );
    expect(traces).toEqual([{ categories: ['1°', '4°', '5°', '6°b'], outcome: 'DISCLOSED' }]);
    const refused = await endpoint.ask(as('PATIENT', { patient: patient.id }), SUMMARY_PDF, byCode(patient));
    expect(errorOf(refused)).toMatchObject({ code: 'FORBIDDEN_OPERATION', field: 'stepSummaryPdf' });
  });
});

describe('an adverse effect at once', () => {
  const LINK = `mutation ($input: AdverseEffectInput!) { link: reportAdverseEffect(input: $input) }`;

  it('leads to the portal with a signed context of the least there is, and stores nothing but its trace', async () => {
    const patient = await aPatient(register, fresh(), { doses: 2, person: { usageName: 'ÉTOILE' } });
    const before = await rowsOfTables();
    const answer = await endpoint.ask(PS, LINK, { input: byCode(patient) });
    expect(await rowsOfTables()).toEqual(before);
    const [address, token = ''] = answer.body.data.link.split('#context=');
    expect(address).toBe(PORTAL);
    const key = JSON.parse((await operator(register, 'adverse-effect-key')).said);
    expect([key.kty, key.crv, key.d]).toEqual(['EC', 'P-256', undefined]);
    const { payload } = await jwtVerify(token, await importJWK(key), {
      audience: 'https://portail.example',
      issuer: register.config.audience,
    });
    const { familyName, firstName, category } = aProfessionalIdentity(1);
    const { iat = 0, exp = 0, jti, iss: _, aud: __, ...context } = payload;
    expect(context).toEqual({
      patient: {
        name: 'ÉTO',
        firstName: patient.person.firstNames[0]?.[0],
        birthDate: patient.person.birthDate,
        sex: patient.person.sex,
      },
      professional: { familyName, firstName, category },
      vaccine: { product: 'EU/1/20/1528', lotNumber: 'LOT1002', rank: 2 },
    });
    expect([exp - iat, decodeProtectedHeader(token).alg, String(jti).length]).toEqual([300, 'ES256', 36]);
    const traces = await asOwner<object>(
      register,
      `select recipient, categories, outcome from trace where operation = 'reportAdverseEffect' and $1 = any (records)`,
      [patient.key],
    );
    expect(traces).toEqual([{ recipient: 'PS', categories: ['1°', '5°'], outcome: 'DISCLOSED' }]);
  });
  it('names the injection asked for, and the name of birth where there is no other', async () => {
    const patient = await aPatient(register, fresh(), { doses: 2, person: { usageName: null, birthName: 'LI' } });
    const answer = await endpoint.ask(PS, LINK, { input: { ...byCode(patient), rank: 1 } });
    const claims = JSON.parse(Buffer.from(answer.body.data.link.split('.')[2] ?? '', 'base64url').toString());
    expect([claims.patient.name, claims.vaccine.rank]).toEqual(['LI', 1]);
  });
  it.each([
    ['of nobody', { code: 'QQQ-QQQ-QQQ', birthDate: '1950-01-01' }, 'NOT_FOUND'],
    ['without an injection', {}, 'NOT_VACCINATED'],
    ['of an injection that is not there', { rank: 7 }, 'NOT_VACCINATED'],
  ])('%s is refused', async (_, given, code) => {
    const patient = await aPatient(register, fresh(), { eligible: true });
    expect(errorOf(await endpoint.ask(PS, LINK, { input: { ...byCode(patient), ...given } })).code).toBe(code);
  });
  it('is not made where no portal is configured', async () => {
    const without = await register.serve({ config: { ...register.config, adverseEffectPortal: undefined } });
    const patient = await aPatient(register, fresh(), { doses: 1 });
    expect(errorOf(await without.ask(PS, LINK, { input: byCode(patient) })).code).toBe('UNAVAILABLE');
  });
});
