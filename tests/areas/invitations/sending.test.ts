import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { demoOutbox, outboxDoor } from '../../../src/cli/demo-outbox.js';
import { runProgram } from '../../../src/cli/program.js';
import { systemClock } from '../../../src/kernel/clock.js';
import { OPERATION_IDS } from '../../../src/law/operations.js';
import { closeSenders, createSenders, outboxSenders, type Senders } from '../../../src/sending/senders.js';
import { parseSendingSettings } from '../../../src/sending/settings.js';
import { aGateway, type Gateway } from '../../builders/a-gateway.js';
import { aMailServer, type MailServer } from '../../builders/a-mail-server.js';
import { as, type Endpoint } from '../../builders/a-register.js';
import { command } from '../../builders/a-targeting-world.js';
import {
  AMPLE_CAPACITIES,
  anInvitationWorld,
  aPhase,
  type InvitationWorld,
  type Invitee,
  nirOfInvitee,
} from '../../builders/an-invitation-world.js';

let world: InvitationWorld;
let mail: MailServer;
let sms: Gateway;
let portal: Gateway;
let senders: Senders;
let endpoint: Endpoint;

beforeAll(async () => {
  [world, mail, sms, portal] = await Promise.all([anInvitationWorld(), aMailServer(), aGateway(), aGateway('02')]);
  const sending = settings();
  senders = createSenders(sending, systemClock);
  endpoint = await world.register.serve({ config: { ...world.register.config, sending } });
});
afterAll(async () => {
  await closeSenders(senders);
  await Promise.all([world.close(), mail.close(), sms.close(), portal.close()]);
});
beforeEach(() => {
  for (const list of [mail.received, sms.taken, sms.faults, portal.taken, portal.faults]) list.length = 0;
  mail.meets = () => 'accepted';
  sms.answers = () => 202;
  portal.answers = () => 202;
});

const settings = () =>
  parseSendingSettings({
    smtp: {
      host: '127.0.0.1',
      port: mail.port,
      secure: false,
      plain: true,
      from: 'invitations@caisse.test',
      name: 'Caisse',
    },
    sms: sms.settings,
    portals: { '02': portal.settings },
    letters: { folder: path.join(world.folder, 'letters'), sender: ['Caisse d’essai', '1 rue de l’Essai'] },
  });

const EVERY_CHANNEL = ['ACCOUNT', 'EMAIL', 'SMS', 'LETTER'];
const ALL_CONTACTS: Invitee = {
  email: 'a@exemple.test',
  phone: '0612345678',
  postalAddress: '1 rue des Lilas, 75001 Paris',
};

async function planned(invitees: readonly Invitee[], channels = EVERY_CHANNEL): Promise<void> {
  await world.people(invitees);
  await world.declare([aPhase({ channels })], AMPLE_CAPACITIES);
  await world.plan({ days: 1, portals: ['02'] });
}

const states = async (): Promise<string[]> =>
  (
    await world.query(`select m.patient_key || ' ' || m.channel || ' ' || m.state || coalesce(' ' || i.channel, '') as line
      from invitation_message m join invitation i using (patient_key) order by m.patient_key, m.attempt`)
  ).map(({ line }) => String(line));
const codeOf = async (key: number): Promise<string> =>
  String((await world.query('select code from invitation where patient_key = $1', [key]))[0]?.code);
const referenceOf = async (key: number): Promise<string> =>
  String((await world.query('select reference from invitation_message where patient_key = $1', [key]))[0]?.reference);
/** As if the queue's delay were over. */
const retryNow = () => world.query(`update lancette_queue.job set start_after = now() where state = 'retry'`);

const NOTICE_BEGINS =
  'L’envoi de cette invitation s’inscrit dans le cadre du traitement de données dénommé « SI Vaccin Covid »';
const NOTICE_ENDS = 'rendez-vous sur le site d’information ameli.fr.';

describe('a message', () => {
  it('leaves by the preferred channel, with its code and the notice, and nothing about the person', async () => {
    await planned([{ ...ALL_CONTACTS, schemeCode: '02' }, ALL_CONTACTS, { ...ALL_CONTACTS, email: null }]);
    expect(await world.send(senders)).toMatchObject({ SENT: 3, batches: 3 });
    expect(await states()).toEqual(['1 ACCOUNT SENT ACCOUNT', '2 EMAIL SENT EMAIL', '3 SMS SENT SMS']);
    expect([...sms.faults, ...portal.faults]).toEqual([]);
    expect([portal.taken[0]?.to, mail.received[0]?.to, sms.taken[0]?.to]).toEqual([
      nirOfInvitee(1),
      'a@exemple.test',
      '0612345678',
    ]);
    const texts = [portal.taken[0]?.text, mail.received[0]?.text, sms.taken[0]?.text].map((text = '') =>
      text.replaceAll('\r\n', '\n'),
    );
    for (const [at, text] of texts.entries()) {
      expect(text).toContain(await codeOf(at + 1));
      expect(text).toContain(NOTICE_BEGINS);
      expect(text.trimEnd().endsWith(NOTICE_ENDS)).toBe(true);
      expect(text).not.toMatch(/AGE75|NOM|PRENOM|r[ée]gime|75|02\b/);
    }
    const withoutCode = new Set(
      await Promise.all(texts.map(async (text, at) => text.trim().replace(await codeOf(at + 1), ''))),
    );
    expect(withoutCode.size).toBe(1);
  });

  it('as an e-mail has one recipient, plain text and HTML without anything from elsewhere, and says that nobody wrote it', async () => {
    await planned([ALL_CONTACTS], ['EMAIL']);
    await world.send(senders);
    const { raw = '', from } = mail.received[0] ?? {};
    expect(from).toBe(`invitations+${await referenceOf(1)}@caisse.test`);
    expect(raw.match(/^(To|Cc|Bcc):.*$/gim)).toEqual(['To: a@exemple.test']);
    expect(raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(raw).toContain('Content-Type: text/html');
    expect(raw).not.toMatch(/https?:|<img|<script|<link/i);
  });

  it.each([
    'a@exemple.test\r\nBcc: b@exemple.test',
    'a@exemple.test, b@exemple.test',
    '"a b"@exemple.test',
    'a@exemple.test>\r\nDATA',
    'é\u0007@exemple.test',
  ])('never leaves to an address that could hold more than one recipient or a header: %j', async (email) => {
    await planned([{ email }], ['EMAIL']);
    expect(await world.send(senders)).toMatchObject({ SENT: 0, BOUNCED: 1 });
    expect(mail.received).toEqual([]);
  });

  it('is traced with its categories before it leaves, and never leaves for somebody who entered the pathway since', async () => {
    await planned([{}, {}, {}]);
    await world.query(
      `insert into eligibility_step (patient_key, performed_at, professional_key, not_recommended_vaccines) values (2, now(), 1, '{}')`,
    );
    expect(await world.send(senders)).toMatchObject({ SENT: 2, LAPSED: 1 });
    expect(await states()).toEqual(['1 EMAIL SENT EMAIL', '2 EMAIL LAPSED', '3 EMAIL SENT EMAIL']);
    expect(await world.query(`select outcome, categories from trace where operation = 'sendInvitations'`)).toEqual([
      { outcome: 'DISCLOSED', categories: ['1°', '3°', '4°'] },
    ]);
    expect((await world.plan()).due).toBe(0);
  });

  it('does not leave once its phase is declared without invitation, nor by a way that is not declared', async () => {
    await planned([{}]);
    expect(await world.send({ portals: {} })).toMatchObject({ LATER: 1, SENT: 0 });
    await world.declare([aPhase({ channels: [], withoutInvitation: true })]);
    await retryNow();
    expect(await world.send(senders)).toMatchObject({ SENT: 0, LAPSED: 1 });
    expect(mail.received).toEqual([]);
  });
});

describe('a message that does not arrive', () => {
  it('is followed by one other channel, never by the same, and never by a third', async () => {
    mail.meets = () => 550;
    sms.answers = () => 422;
    await planned([ALL_CONTACTS]);
    expect(await world.send(senders)).toMatchObject({ BOUNCED: 1 });
    expect(await states()).toEqual(['1 EMAIL BOUNCED']);
    expect(await world.plan()).toMatchObject({ due: 1, planned: 1 });
    expect(await world.send(senders)).toMatchObject({ BOUNCED: 1 });
    expect(await states()).toEqual(['1 EMAIL BOUNCED', '1 SMS BOUNCED']);
    expect((await world.plan()).due).toBe(0);
  });

  it('waits while its provider is away, and leaves once when it is back', async () => {
    mail.meets = () => 451;
    sms.answers = () => 503;
    await planned([{}, { ...ALL_CONTACTS, email: null }], ['EMAIL', 'SMS']);
    expect(await world.send(senders)).toMatchObject({ SENT: 0, LATER: 2, batches: 0 });
    expect(await states()).toEqual(['1 EMAIL QUEUED', '2 SMS QUEUED']);
    mail.meets = () => 'accepted';
    sms.answers = () => 202;
    await retryNow();
    expect(await world.send(senders)).toMatchObject({ SENT: 2, batches: 2 });
    expect([mail.received.length, sms.taken.length]).toEqual([1, 1]);
  });

  it('is uncertain when the server had its text and died, and is never sent again', async () => {
    mail.meets = () => 'cut';
    await planned([{}]);
    expect(await world.send(senders)).toMatchObject({ UNCERTAIN: 1 });
    mail.meets = () => 'accepted';
    await retryNow();
    await world.send(senders);
    expect(await states()).toEqual(['1 EMAIL UNCERTAIN EMAIL']);
    expect(mail.received.length).toBe(1);
    expect((await world.plan()).due).toBe(0);
  });

  it('is known by the notice that comes back to the address of its envelope (RFC 3464)', async () => {
    await planned([{}, {}]);
    await world.send(senders);
    const notice = (reference: string, action: string, status: string) =>
      `Return-Path: <>\r\nTo: invitations+${reference}@caisse.test\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n boundary="b"\r\n\r\n--b\r\n\r\nNon.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; x@exemple.test\r\nAction: ${action}\r\nStatus: ${status}\r\n--b--\r\n`;
    const files = [
      notice(await referenceOf(1), 'failed', '5.1.1'),
      notice(await referenceOf(2), 'delayed', '4.4.1'),
      `To: invitations+${await referenceOf(2)}@caisse.test\r\nSubject: Absence\r\n\r\nAction: failed\r\nStatus: 5.0.0\r\n`,
    ].map((text, at) => {
      const file = path.join(world.folder, `notice-${at}.eml`);
      writeFileSync(file, text);
      return file;
    });
    const run = await command(partsOf(), ['record-bounces', ...files]);
    expect(run).toMatchObject({ exitCode: 0, stdout: '1 avis lu(s), 1 message(s) mis à jour' });
    expect(await states()).toEqual(['1 EMAIL BOUNCED', '2 EMAIL SENT EMAIL']);
  });
});

describe('a delivery report', () => {
  const post = (body: string, headers: Record<string, string>) =>
    fetch(endpoint.url.replace('/graphql', '/delivery-reports'), { method: 'POST', body, headers }).then(
      ({ status }) => status,
    );

  it('is believed once, from a declared gateway, within five minutes', async () => {
    await planned([
      { ...ALL_CONTACTS, email: null },
      { ...ALL_CONTACTS, email: null },
    ]);
    await world.send(senders);
    const body = JSON.stringify({ reference: await referenceOf(1), state: 'delivered' });
    const minutes = (count: number) => ({ at: Date.now() + count * 60_000 });
    expect(await post(body, sms.report(body, { key: Buffer.alloc(32) }))).toBe(401);
    expect(await post(body, sms.report(body, minutes(-6)))).toBe(401);
    expect(await post(body, sms.report(body, minutes(6)))).toBe(401);
    expect(await post(body, sms.report(body, { gateway: '02' }))).toBe(401);
    expect(await post(body, sms.report(body, { gateway: 'constructor' }))).toBe(401);
    expect(await post(body.replace('delivered', 'failed'), sms.report(body))).toBe(401);
    expect(await states()).toEqual(['1 SMS SENT SMS', '2 SMS SENT SMS']);
    const signed = sms.report(body);
    expect(await post(body, signed)).toBe(200);
    expect(await post(body, signed)).toBe(401);
    const failed = JSON.stringify({ reference: await referenceOf(2), state: 'failed' });
    expect(await post(failed, sms.report(failed))).toBe(200);
    expect(await states()).toEqual(['1 SMS DELIVERED SMS', '2 SMS BOUNCED']);
    // What was delivered does not become undelivered, and an unknown reference is answered alike.
    for (const reference of [await referenceOf(1), '00000000-0000-4000-8000-000000000000']) {
      const late = JSON.stringify({ reference, state: 'failed' });
      expect(await post(late, sms.report(late))).toBe(200);
    }
    const strange = JSON.stringify({ reference: await referenceOf(1), state: 'read' });
    expect(await post(strange, sms.report(strange))).toBe(400);
    expect(await states()).toEqual(['1 SMS DELIVERED SMS', '2 SMS BOUNCED']);
  });
});

describe('letters', () => {
  it('are a list and one tagged PDF for each batch, with their SHA-256, written once', async () => {
    const people = Array.from({ length: 3 }, (_, at) => ({
      email: null,
      postalAddress: `=${at + 1} rue des Lilas, 7500${at} Paris`,
    }));
    await planned(people);
    expect(await world.send(senders)).toMatchObject({ SENT: 3 });
    const [batch] = await world.query('select id from invitation_batch');
    const folder = path.join(world.folder, 'letters', String(batch?.id));
    expect(readdirSync(folder).sort()).toEqual(['SHA256SUMS', 'letters.csv', 'letters.pdf']);
    const sum = (name: string) =>
      createHash('sha256')
        .update(readFileSync(path.join(folder, name)))
        .digest('hex');
    expect(readFileSync(path.join(folder, 'SHA256SUMS'), 'utf8')).toBe(
      `${sum('letters.pdf')}  letters.pdf\n${sum('letters.csv')}  letters.csv\n`,
    );
    const list = readFileSync(path.join(folder, 'letters.csv'), 'utf8').split('\r\n');
    expect(list[1]).toBe(`${await referenceOf(1)};1;PRENOM NOM1;'=1 rue des Lilas;75000 Paris;;;`);
    const pdf = readFileSync(path.join(folder, 'letters.pdf'));
    expect(pdf.toString('latin1')).toMatch(/\/Marked true/);
    const text = textOf(path.join(folder, 'letters.pdf'));
    if (text !== undefined) {
      expect(text.split('\f').length - 1).toBe(3);
      for (const key of [1, 2, 3]) expect(text).toContain(await codeOf(key));
      expect(text.replace(/\s+/g, ' ')).toContain(NOTICE_ENDS);
    }
    // A worker that died after the folder appeared: the next one takes it as sent, and prints nothing again.
    await world.query(
      `set session_replication_role = replica; update invitation_message set state = 'SENDING'; reset session_replication_role`,
    );
    await world.query(`update lancette_queue.job set state = 'retry', start_after = now()`);
    await world.send(senders);
    expect([sum('letters.pdf'), readdirSync(path.join(world.folder, 'letters')).length]).toEqual([
      sum('letters.pdf'),
      1,
    ]);
    expect(await states()).toEqual(['1 LETTER SENT LETTER', '2 LETTER SENT LETTER', '3 LETTER SENT LETTER']);
  });
});

function textOf(file: string): string | undefined {
  try {
    return execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' });
  } catch {
    return undefined;
  }
}

it('two workers at once send everything, and nothing twice', async () => {
  const people = Array.from({ length: 120 }, (_, at) => ({
    department: ['75', '69', '13'][at % 3] as string,
    ...(at % 2 ? { email: null, phone: `06${String(10_000_000 + at)}` } : { email: `personne${at}@exemple.test` }),
  }));
  await planned(people, ['EMAIL', 'SMS']);
  const reports = await Promise.all([world.send(senders), world.send(senders), world.send(senders)]);
  expect(reports.reduce((sum, { SENT }) => sum + SENT, 0)).toBe(120);
  expect(new Set(mail.received.map(({ to }) => to)).size).toBe(60);
  expect([mail.received.length, sms.taken.length, new Set(sms.taken.map(({ to }) => to)).size]).toEqual([60, 60, 60]);
});

it('a demonstration shows what would have left on a page without script or request; elsewhere there is no such page', async () => {
  const { outbox, letters } = demoOutbox(path.join(world.folder, 'demo'));
  await planned([{}, { email: '<b>@exemple.test' }], ['EMAIL']);
  await world.send(outboxSenders(outbox, letters));
  const demo = await world.register.serve({ doors: [outboxDoor(outbox)] });
  const page = await fetch(demo.url.replace('/graphql', '/outbox'));
  const html = await page.text();
  expect(page.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src 'sha256-[^ ;]+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/,
  );
  const style = /<style>(.*)<\/style>/s.exec(html)?.[1] ?? '';
  expect(page.headers.get('content-security-policy')).toContain(
    `sha256-${createHash('sha256').update(style).digest('base64')}`,
  );
  expect(html).toContain(await codeOf(1));
  expect(html).toContain('&#60;b&#62;@exemple.test');
  expect(html).not.toMatch(/<script|<img|<link|https?:|<b>/);
  expect((await fetch(endpoint.url.replace('/graphql', '/outbox'))).status).toBe(404);
});

describe('nobody sends by hand (AIPD M1.51)', () => {
  it('no operation names an invitation to send', () => {
    expect(OPERATION_IDS.filter((id) => /invit|send|message/i.test(id)).sort()).toEqual([
      'invitationPhases',
      'invitationRuns',
      'patientByInvitation',
    ]);
  });

  it('no command of planning or sending takes a person', async () => {
    const usage = async (name: string): Promise<string> => {
      const lines: string[] = [];
      await runProgram([name, '--help'], { ...contextOf(), print: (line) => lines.push(line) });
      return /Usage: .*/.exec(lines.join('\n'))?.[0] ?? '';
    };
    expect(await usage('plan-invitations')).toBe('Usage: lancette plan-invitations [options]');
    expect(await usage('send-invitations')).toBe('Usage: lancette send-invitations [options]');
    for (const option of ['--patient', '--person', '--code', '--nir', '--force', '--again'])
      expect((await command(partsOf(), ['send-invitations', option, '1'])).exitCode).toBe(2);
  });
});

describe('the commands', () => {
  const declared = (name: string, text: string): string => {
    const file = path.join(world.folder, name);
    writeFileSync(file, text);
    return file;
  };

  it('declare from CSV or JSON, refuse a label, and show the plan as a table and as JSON', async () => {
    await world.people([{}, {}, { department: '69' }]);
    const today = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format(new Date());
    const header = 'code;startsOn;endsOn;criteriaCodes;everyone;channels;withoutInvitation';
    const phases = declared(
      'phases.csv',
      `${header}\r\nP1;2021-01-04;;EHP01;;;true\r\nP2;2021-03-01;;AGE75,AGE65;;EMAIL,SMS;\r\n`,
    );
    const capacities = declared(
      'capacities.csv',
      'channel;department;startsOn;perDay\nEMAIL;;2021-01-01;100\n;75;2021-01-01;1\n;69;2021-01-01;5\n',
    );
    expect(await command(partsOf(), ['declare-phases', phases, '--by', 'Anne Martin'])).toMatchObject({
      exitCode: 0,
      stdout: '2 phase(s) déclarée(s)',
    });
    expect((await command(partsOf(), ['declare-capacities', capacities, '--by', 'Anne Martin'])).exitCode).toBe(0);
    const table = (await command(partsOf(), ['plan-invitations', '--days', '14'])).stdout.split('\n');
    expect(table[0]).toBe('département  jour        canal  personnes');
    expect(table[1]).toBe(`69           ${today}  EMAIL          1`);
    expect(table.slice(-2)).toEqual([
      '3 personne(s) à inviter, 3 planifiée(s), 0 sans place dans ces jours',
      'aperçu : rien n’est écrit',
    ]);
    const json = JSON.parse((await command(partsOf(), ['plan-invitations', '--json', '--commit'])).stdout);
    expect(json).toMatchObject({
      due: 3,
      planned: 3,
      waiting: 0,
      lines: [{ department: '69', day: today, channel: 'EMAIL', persons: 1 }, {}, {}],
    });
    const { body } = await endpoint.ask(
      as('OPERATEUR'),
      '{ invitationPhases { edges { node { code startsOn criteriaCodes channels withoutInvitation } } } invitationRuns { edges { node { kind messages errors } } } }',
    );
    expect(body.data.invitationPhases.edges.map(({ node }: { node: { code: string } }) => node.code).sort()).toEqual([
      'P1',
      'P2',
    ]);
    expect(body.data.invitationRuns.edges).toEqual([{ node: { kind: 'PLANNING', messages: 3, errors: 0 } }]);
    expect(
      await world.query(`select actor, operation from trace where operation like 'declare%' order by operation`),
    ).toEqual([
      { actor: 'Anne Martin', operation: 'declareCapacities' },
      { actor: 'Anne Martin', operation: 'declarePhases' },
    ]);
    for (const [line, place] of [
      ['P3;2021-03-01;;Plus de 75 ans;;EMAIL;', 'phases.0.criteriaCodes.0'],
      ['P3;2021-02-30;;AGE75;;EMAIL;', 'phases.0.startsOn'],
      ['P3;2021-03-01;2021-02-01;AGE75;;EMAIL;', 'phases.0.endsOn'],
      ['P3;2021-03-01;;;;EMAIL;', 'phases.0.criteriaCodes'],
      ['P3;2021-03-01;;AGE75;;EMAIL;true', 'phases.0.channels'],
      ['P3;2021-03-01;;AGE75;;FAX;', 'phases.0.channels.0'],
    ]) {
      const { exitCode, stderr } = await command(partsOf(), [
        'declare-phases',
        declared('bad.csv', `${header}\n${line}\n`),
        '--by',
        'Anne Martin',
      ]);
      expect([exitCode, stderr]).toEqual([
        1,
        `La déclaration des phases ou des capacités est incomplète ou contradictoire. (CAMPAIGN_DECLARATION: ${place})`,
      ]);
    }
  });
});

it('settings without TLS beyond this machine, short keys, or a portal of the military fund are refused', () => {
  const far = { host: 'smtp.exemple.test', port: 25, from: 'a@exemple.test', name: 'A', plain: true };
  expect(() => parseSendingSettings({ smtp: far })).toThrow('smtp.plain');
  expect(() => parseSendingSettings({ sms: { ...sms.settings, url: 'http://sms.exemple.test/' } })).toThrow('sms.url');
  expect(() => parseSendingSettings({ sms: { ...sms.settings, key: 'short' } })).toThrow('sms.key');
  expect(() => parseSendingSettings({ portals: { '08': portal.settings } })).toThrow('portals.08');
});

const partsOf = () => ({
  register: world.register,
  parts: {
    database: world.register.database,
    registrar: world.register.registrar,
    sealer: world.register.sealer,
    clock: systemClock,
  },
});
const contextOf = () => ({
  language: 'fr' as const,
  openDatabase: () => Promise.reject(new Error('not needed')),
  tell: () => undefined,
  isTerminal: false,
});
