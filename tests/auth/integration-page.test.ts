import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { follow, PROGRAMS } from '../builders/a-followed-page.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { itWhere, lacking } from '../builders/where-present.js';

let register: Register;
let endpoint: Endpoint;
let folder: string;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  folder = mkdtempSync(path.join(os.tmpdir(), 'lancette-agency-'));
});
afterAll(() => register.close());

itWhere(lacking(...PROGRAMS))('the page of agencies leads from a key to the first answer', async () => {
  const [rights, patients, metadata, jwks] = await follow('integration-agence.md', {
    ...{ register, folder, env: { LANCETTE: new URL(endpoint.url).origin } },
    given: (text) => text.replace('"$CLIENT"', 'spf-datawarehouse'),
  });
  expect(rights.data.myRights.length).toBeGreaterThan(0);
  expect(patients).toEqual({ data: { patients: { edges: [] } } });
  expect(metadata.token_endpoint).toBe(`${new URL(endpoint.url).origin}/token`);
  expect(jwks.keys).toHaveLength(1);
});
