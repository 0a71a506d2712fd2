import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { demoPerson } from '../../src/cli/demo-campaign.js';
import { demoAccounts } from '../../src/demo/accounts.js';
import { announce } from '../../src/demo/address.js';
import { follow, PROGRAMS } from '../builders/a-followed-page.js';
import { aPatient } from '../builders/a-patient.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { anIdentityWorld, type IdentityWorld } from '../builders/an-identity-world.js';
import { itWhere, lacking } from '../builders/where-present.js';

let register: Register;
let world: IdentityWorld;
let endpoint: Endpoint;
let folder: string;
beforeAll(async () => {
  register = await aRegister();
  world = await anIdentityWorld({ register, accounts: demoAccounts() });
  endpoint = await register.serve({ config: { ...register.config, identity: world.identity } });
  folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-lps-'));
  announce(folder, world.provider.issuers);
  await aPatient(register, 1, { person: demoPerson(1), doses: 1 });
});
afterAll(async () => {
  await world?.close();
  await register?.close();
});

itWhere(lacking(...PROGRAMS))('the page of practice software leads from a key to the first answer', async () => {
  const env = {
    LANCETTE: new URL(endpoint.url).origin,
    PSC: world.provider.issuers.psc,
    LANCETTE_DATA: folder,
  };
  const told = await follow('integration-lps.md', { register, folder, env });
  const [metadata, rights, patient, undecided, pharmacist, attending] = told;
  expect(metadata.issuer).toBe(world.provider.issuers.psc);
  expect(rights.data.myRights.length).toBeGreaterThan(0);
  expect(patient.data.patientByNir).toMatchObject({ birthName: 'BERNARD', injectionSteps: [{ rank: 1 }] });
  expect(undecided).toMatchObject({ error: 'invalid_request', choices: ['10C', '21C'] });
  expect(pharmacist).toMatchObject({ token_type: 'Bearer', scope: 'ps', expires_in: 3600 });
  expect(attending).toMatchObject({ scope: 'medecin-traitant' });
  expect(told).toHaveLength(6);
});
