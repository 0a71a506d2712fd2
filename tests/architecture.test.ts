import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** The checkout, seen from `dist/tests`. */
const ROOT = path.resolve(import.meta.dirname, '../..');
const SOURCE = path.join(ROOT, 'src');

/** Who may import whom: a folder that is not listed here does not belong to the house. */
const ARROWS: Record<string, readonly string[]> = {
  kernel: [],
  law: [],
  formats: ['kernel'],
  db: ['kernel'],
  access: ['kernel', 'law', 'db'],
  read: ['kernel', 'law', 'db', 'access'],
  auth: ['kernel', 'law', 'access', 'config', 'db', 'formats', 'read'],
  demo: ['kernel', 'config'],
  dashboard: ['law', 'read'],
  sending: ['kernel', 'formats'],
  areas: ['kernel', 'law', 'db', 'access', 'read', 'formats', 'sending', 'signing'],
  signing: ['kernel', 'formats'],
  endpoint: ['kernel', 'law', 'access', 'read'],
  limits: ['kernel', 'law', 'access', 'db'],
};

/** Upstream areas of each area: a downstream one adds its field to the upstream type, never the other way round. */
const AREAS: Record<string, readonly string[]> = {
  professionals: ['patients'],
  patients: [],
  targeting: ['patients', 'traces'],
  invitations: ['patients', 'targeting'],
  eligibility: ['patients', 'professionals'],
  injection: ['patients', 'professionals', 'eligibility'],
  attestation: ['patients', 'injection'],
  pharmacovigilance: ['patients', 'eligibility', 'injection'],
  remuneration: ['patients', 'professionals', 'injection'],
  corrections: ['patients', 'eligibility', 'injection'],
  supply: ['patients', 'injection', 'targeting'],
  traces: ['patients'],
  accreditations: ['patients'],
  rights: ['patients', 'targeting'],
  indicators: ['patients'],
  steering: [],
  replay: ['targeting', 'injection'],
};

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(folder, file));

const sources = files(SOURCE);

const imports: Import[] = sources.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(/from '(\.[^']+)\.js'/g)].map(([, target]) => ({
    from: path.relative(SOURCE, file),
    to: path.relative(SOURCE, path.resolve(path.dirname(file), String(target))),
  })),
);

const folderOf = (file: string): string => file.split(path.sep)[0]?.replace(/\.ts$/, '') ?? '';
const areaOf = (file: string): string | undefined => file.split(path.sep).at(2) && file.split(path.sep)[1];

describe('the house', () => {
  it.each(Object.keys(ARROWS))('%s imports nothing but what lies beneath it', (folder) => {
    const allowed = [folder, ...(ARROWS[folder] ?? [])];
    const strays = imports.filter(({ from, to }) => folderOf(from) === folder && !allowed.includes(folderOf(to)));
    expect(strays).toEqual([]);
  });

  it.each(Object.keys(AREAS))('areas/%s imports upstream areas only', (area) => {
    const allowed = [area, ...(AREAS[area] ?? [])];
    const strays = imports.filter(({ from, to }) => {
      const target = folderOf(to) === 'areas' ? areaOf(to) : undefined;
      return from.startsWith(path.join('areas', area) + path.sep) && target !== undefined && !allowed.includes(target);
    });
    expect(strays).toEqual([]);
  });

  it('knows every folder and every area', () => {
    const folders = (where: string) =>
      readdirSync(where, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const known = [...Object.keys(ARROWS), 'cli'].sort();
    expect(
      folders(SOURCE)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(known);
    expect(
      folders(path.join(SOURCE, 'areas'))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(AREAS).sort());
  });

  it('has a README in each folder and no folder of leftovers', () => {
    for (const folder of [...Object.keys(ARROWS), 'cli']) {
      expect(statSync(path.join(SOURCE, folder, 'README.md')).isFile()).toBe(true);
    }
    expect(sources.filter((file) => /(utils?|helpers?|common|misc)[/.]/i.test(path.relative(SOURCE, file)))).toEqual(
      [],
    );
    expect(readdirSync(path.join(SOURCE, 'kernel')).length).toBeLessThan(10);
  });

  it('has no file longer than four hundred lines', () => {
    const long = sources.filter((file) => readFileSync(file, 'utf8').split('\n').length > 400);
    expect(long).toEqual([]);
  });

  it('names a recipient in conditions only where rights are decided', () => {
    const elsewhere = sources.filter((file) => !/^(law|access)\b/.test(path.relative(SOURCE, file)));
    const named = elsewhere.filter((file) =>
      /recipient\s*[!=]==\s*'|case '(PS|SPF|ARS|DNUM|DMP|ANSM)'/.test(readFileSync(file, 'utf8')),
    );
    expect(named).toEqual([]);
  });

  it('shows every first query of the demonstration in its README', () => {
    const readme = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
    const queries = [...readFileSync(path.join(SOURCE, 'cli/first-queries.ts'), 'utf8').matchAll(/'(\{ .* \})'/g)];
    expect(queries.length).toBeGreaterThanOrEqual(17);
    expect(queries.map(([, query]) => query).filter((query) => !readme.includes(String(query)))).toEqual([]);
  });
});
