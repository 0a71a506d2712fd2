import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Browser, BrowserContext, Page, Response } from 'playwright-core';
import { DASHBOARD_PATH, DashboardDoor } from '../../src/dashboard/dashboard-door.js';
import { MAP_CELLS, REGION_NAMES } from '../../src/dashboard/departments.js';
import { labels } from '../../src/dashboard/labels.js';
import { REGIONS } from '../../src/law/regions.js';
import { aBrowser, NO_BROWSER, shown } from '../builders/a-browser.js';
import { exchange } from '../builders/a-raw-request.js';
import { aRegister, type Endpoint, type Register } from '../builders/a-register.js';
import { anIndicatorFeed, type Feed, printed, REGIONAL } from '../builders/an-indicator-feed.js';
import { describeWhere } from '../builders/where-present.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PAGE = path.join(ROOT, 'src/dashboard/page');
const DAYS = 160;
const CODES = Object.values(REGIONS).flat().sort();

let register: Register;
let endpoint: Endpoint;
let feed: Feed;
/** Where the page and its figures are: the address of a register that has both takes its place. */
let base: string;
beforeAll(async () => {
  register = await aRegister();
  endpoint = await register.serve();
  feed = await anIndicatorFeed({ days: DAYS, upstream: new URL(endpoint.url).origin });
  base = feed.url;
});
afterAll(async () => {
  await feed.close();
  await register.close();
});

describe('the door of the dashboard', () => {
  it('serves each file of its list with a type, a strong tag and a policy that asks nobody else', async () => {
    for (const address of new DashboardDoor().addresses) {
      const answer = await fetch(base + address);
      expect([address, answer.status]).toEqual([address, 200]);
      expect(answer.headers.get('content-type')).toMatch(
        /^(text\/(html|css|javascript); charset=utf-8|image\/svg\+xml)$/,
      );
      expect(answer.headers.get('etag')).toMatch(/^"[\w-]{43}"$/);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';/);
      expect(policy).not.toMatch(/unsafe|\*|https?:/);
    }
  });

  it('answers « not modified » without a body to whoever has the file, and nothing but the head to HEAD', async () => {
    const first = await fetch(base + DASHBOARD_PATH);
    const again = await fetch(base + DASHBOARD_PATH, {
      headers: { 'if-none-match': String(first.headers.get('etag')) },
    });
    expect([again.status, await again.text(), again.headers.get('content-length')]).toEqual([304, '', null]);
    const head = await fetch(base + DASHBOARD_PATH, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(Number(head.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await first.text()).toContain('<title>Campagne de vaccination');
  });

  it('packs a file for whoever can unpack it, and for nobody else, with a tag for each form', async () => {
    const forms = ['gzip', 'br, gzip;q=0.8', 'identity', 'gzip;q=0, br', 'gzip;q=0'].map(async (accepted) => {
      const asked = `GET ${DASHBOARD_PATH}/style.css HTTP/1.1\r\nHost: register.test\r\nAccept-Encoding: ${accepted}\r\nConnection: close\r\n\r\n`;
      const [answer] = await exchange(endpoint, asked);
      return [answer?.headers.get('content-encoding'), answer?.headers.get('vary'), answer?.headers.get('etag')];
    });
    const [packed, also, plain, refused, only] = await Promise.all(forms);
    expect([packed?.slice(0, 2), plain?.slice(0, 2)]).toEqual([
      ['gzip', 'Accept-Encoding'],
      [undefined, 'Accept-Encoding'],
    ]);
    expect([also, refused, only]).toEqual([packed, plain, plain]);
    expect(packed?.[2]).not.toBe(plain?.[2]);
  });

  it('serves no other file, however the address is written', async () => {
    const below = ['tsconfig.json', 'labels.d.ts', '../dashboard-door.ts', '..%2fdashboard-door.ts', './theme.css', ''];
    const more = [
      '%2e%2e/%2e%2e/package.json',
      '//theme.css',
      'theme.css/',
      'theme.css%00.js',
      'constructor',
      'THEME.CSS',
    ];
    for (const name of [...below, ...more]) {
      const asked = `GET ${DASHBOARD_PATH}/${name} HTTP/1.1\r\nHost: register.test\r\nConnection: close\r\n\r\n`;
      const [answer] = await exchange(endpoint, asked);
      expect([name, answer?.status]).toEqual([name, 404]);
    }
    expect((await fetch(base + DASHBOARD_PATH, { method: 'POST' })).status).toBe(404);
  });

  it('has every file of its folder in its list', () => {
    const served = new DashboardDoor().addresses.map((address) => address.slice(DASHBOARD_PATH.length + 1));
    const lying = readdirSync(PAGE).filter((name) => !/\.json$|\.d\.ts$/.test(name));
    expect([...served.filter((name) => name && name !== 'labels.js'), 'index.html'].sort()).toEqual(lying.sort());
  });

  it('draws and names each département and region of the law once', () => {
    expect(Object.keys(MAP_CELLS).sort()).toEqual(CODES);
    expect(Object.keys(labels().departments).sort()).toEqual(CODES);
    expect(Object.keys(REGION_NAMES).sort()).toEqual(Object.keys(REGIONS).sort());
    expect(new Set(Object.values(MAP_CELLS).map(({ row, column }) => `${row} ${column}`)).size).toBe(CODES.length);
  });

  it.each([0, 1])('prints on each colour of the map in an ink that stands out, in light and in dark (%#)', (theme) => {
    const css = readFileSync(path.join(PAGE, 'theme.css'), 'utf8');
    const colours = Object.fromEntries(
      [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, ...both]) => [
        name,
        String(both[theme]),
      ]),
    );
    const light = (name: string): number => {
      const [r = 0, g = 0, b = 0] = [1, 3, 5]
        .map((at) => Number.parseInt(String(colours[name]).slice(at, at + 2), 16) / 255)
        .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (a: string, b: string): number => {
      const [dark = 0, bright = 0] = [light(a), light(b)].sort((one, other) => one - other);
      return (bright + 0.05) / (dark + 0.05);
    };
    const inks = [0, 1, 2, 3, 4, 5].map((at) => contrast(`class-${at}`, at < 4 ? 'class-ink-low' : 'class-ink-high'));
    expect(inks.filter((ratio) => !(ratio >= 4.5))).toEqual([]);
    expect(contrast('ink-soft', 'card')).toBeGreaterThanOrEqual(4.5);
  });

  it('is written in scripts that the compiler holds for sound', async () => {
    const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '-p', PAGE]);
  });
});

describeWhere(NO_BROWSER)('the dashboard in a browser', () => {
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  const asked: string[] = [];
  const faults: string[] = [];
  beforeAll(async () => {
    browser = await aBrowser();
    context = await browser.newContext({
      locale: 'fr-FR',
      viewport: { width: 1280, height: 900 },
      colorScheme: 'light',
    });
    page = await context.newPage();
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
  });
  afterAll(() => browser?.close());

  const open = async (query = ''): Promise<void> => {
    await page.goto(base + DASHBOARD_PATH + query);
    await shown(page);
  };
  /** The same within the page, as « back » and « forward » do it. */
  const move = async (query: string): Promise<void> => {
    await page.evaluate(
      `history.pushState(null, '', '${DASHBOARD_PATH}${query}'); dispatchEvent(new PopStateEvent('popstate'))`,
    );
    await shown(page);
  };
  const texts = (selector: string): Promise<string[]> => page.locator(selector).allInnerTexts();
  const focused = (what: string): Promise<string> => page.evaluate<string>(`String(document.activeElement.${what})`);
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
    await shown(page);
  };

  it('loads from its own origin alone, light and without a fault', async () => {
    const answers: Response[] = [];
    const keep = (response: Response): unknown => answers.push(response);
    page.on('response', keep);
    await open();
    page.off('response', keep);
    const sizes = await Promise.all(answers.map((response) => response.request().sizes()));
    const bytes = sizes.reduce((sum, { responseBodySize }) => sum + responseBodySize, 0);
    const bodies = await Promise.all(answers.map((response) => response.body()));
    const unpacked = bodies.reduce((sum, { length }) => sum + length, 0);
    expect(asked.filter((address) => new URL(address).origin !== base)).toEqual([]);
    expect(faults).toEqual([]);
    expect(await texts('.notice')).toEqual([]);
    const assets = new DashboardDoor().addresses.length;
    expect(asked.filter((address) => new URL(address).pathname.startsWith(DASHBOARD_PATH))).toHaveLength(assets);
    expect(bytes).toBeGreaterThan(50_000);
    expect(bytes).toBeLessThan(200_000);
    expect(await page.evaluate('document.cookie + localStorage.length + sessionStorage.length')).toBe('00');
    const paint = await page.evaluate<number>("performance.getEntriesByName('first-contentful-paint')[0].startTime");
    process.stdout.write(
      `dashboard: ${bytes} bytes with its figures (${unpacked} unpacked), first picture after ${Math.round(paint)} ms\n`,
    );
  });

  it('says how fresh the figures are, by which rule some are withheld, and what a hatched cell means', async () => {
    const [head = ''] = await texts('#fraicheur');
    expect(head).toContain('journées complètes jusqu’au 4 juin 2021');
    expect(head).toContain('secret statistique : seuil 11');
    expect(head).toContain('case hachurée : chiffre retenu, jamais un zéro');
    expect((await texts('#secret-explique'))[0]).toContain('moins de 11 personnes');
  });

  it.each([
    ['dose1', 'doses-by-department-and-rank', 'CUMULATIVE', { rank: '1' }],
    ['complet', 'doses-by-department-and-stage', 'CUMULATIVE', { stage: 'COMPLETE' }],
    ['rappel', 'doses-by-department-and-stage', 'CUMULATIVE', { stage: 'BOOSTER' }],
    ['doses', 'doses-by-department', 'CUMULATIVE', {}],
    ['semaine', 'doses-by-department', 'ROLLING_7', {}],
  ] as const)(
    'shows %s on the map, in the table and from the door alike, cell by cell',
    async (name, table, show, wanted) => {
      await move(`?indicateur=${name}`);
      const tiles = await page
        .locator('.tile')
        .evaluateAll((all) => all.map((tile) => [tile.getAttribute('data-code'), tile.getAttribute('aria-label')]));
      const onMap = Object.fromEntries(tiles.map(([code, label]) => [code, String(label).split(' : ')[1]]));
      await page.click('[data-key=vue-tableau]');
      await shown(page);
      const rows = await page
        .locator('.twin tbody tr')
        .evaluateAll((all) =>
          all.map((row) => [row.getAttribute('data-code'), row.querySelectorAll('td')[1]?.textContent]),
        );
      expect(Object.fromEntries(rows)).toEqual(onMap);
      const day = await page.inputValue('[name=au]');
      const query = new URLSearchParams({ table, show, period: 'DAY', from: day, to: day });
      const answer = await fetch(`${base}/indicateurs.json?${query}`);
      expect(onMap).toEqual(printed(await answer.json(), wanted));
      expect(Object.keys(onMap)).toHaveLength(101);
    },
  );

  it('calls a withheld figure secret, hatches it, and never shows it as zero', async () => {
    await move('?departement=48');
    expect(await page.locator('[data-code="48"] polygon').getAttribute('fill')).toBe('url(#h-map)');
    // Nobody was injected there in the last seven days: a true zero, beside what is withheld.
    expect(await texts('.figure-value')).toEqual(['secret', 'secret', 'secret', '0']);
    expect(await page.locator('#rythme .hidden-days').count()).toBeGreaterThan(0);
    await page.click('#rythme summary');
    // A browser tells the page of an opened summary a little later.
    await page.locator('#rythme tbody td').first().waitFor();
    const weeks = await texts('#rythme tbody td');
    expect(weeks).toContain('secret');
    expect(weeks.filter((text) => text !== 'secret' && text !== '0')).toEqual([]);
  });

  it('is walked by keyboard: filters, map, table, curve, and the focus stays where it was', async () => {
    await open();
    const met: string[] = [];
    for (let step = 0; step < 30 && !(await focused("getAttribute('class')")).startsWith('tile'); step += 1) {
      await page.keyboard.press('Tab');
      met.push(
        await focused("getAttribute('name') || document.activeElement.id || document.activeElement.textContent"),
      );
    }
    for (const each of ['Aller au contenu', 'theme', 'imprimer', 'indicateur', 'departement', 'du', 'au'])
      expect(met).toContain(each);
    expect(await focused('dataset.code')).toBe('01');
    await press('ArrowLeft');
    expect(await focused("getAttribute('aria-label')")).toMatch(/^69 Rhône : \d\d?,\d\s%$/);
    await press('ArrowDown', 'ArrowUp', 'Enter');
    expect(new URL(page.url()).searchParams.get('departement')).toBe(await focused('dataset.code'));
    expect(await focused("getAttribute('aria-pressed')")).toBe('true');
    await page.focus('[data-key=vue-tableau]');
    await press('Enter');
    expect((await texts('#annonce'))[0]).toBe('Tableau, mêmes chiffres que la carte : 101 départements.');
    expect(await focused('textContent')).toBe('Tableau');
    await page.focus('[data-key=sort-valeur]');
    await press('Enter', 'Enter');
    expect(await page.locator('th[aria-sort]').getAttribute('aria-sort')).toBe('descending');
    const shares = (await texts('.twin tbody td.number:nth-of-type(2)')).map((text) =>
      Number.parseFloat(text.replace(',', '.')),
    );
    const numbers = shares.filter((share) => !Number.isNaN(share));
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
    expect(shares.slice(-2)).toEqual([Number.NaN, Number.NaN]);
    await page.focus('#r-ages');
    await press('Home');
    expect(await focused("getAttribute('aria-valuetext')")).toMatch(/^semaine du 21 décembre 2020 : /);
  });

  it('finds everything again from its address, and goes back', async () => {
    const query =
      '?indicateur=complet&departement=2A&du=2021-02-01&au=2021-04-30&vue=tableau&tri=nom&sens=decroissant&theme=sombre';
    await open(query);
    const values = await page.evaluate(
      "['indicateur', 'departement', 'du', 'au'].map((n) => document.getElementsByName(n)[0].value)",
    );
    expect(values).toEqual(['complet', '2A', '2021-02-01', '2021-04-30']);
    expect((await texts('.twin tbody th'))[0]).toBe('Yvelines');
    expect((await texts('.twin tr.chosen th'))[0]).toBe('Corse-du-Sud');
    expect((await texts('.figure-detail'))[0]).toBe('Corse-du-Sud, au 30 avril 2021');
    expect(await page.evaluate('getComputedStyle(document.documentElement).colorScheme')).toBe('dark');
    await page.selectOption('[name=departement]', '29');
    await shown(page);
    expect((await texts('.figure-detail'))[0]).toBe('Finistère, au 30 avril 2021');
    await page.goBack();
    await shown(page);
    expect(new URL(page.url()).search).toBe(query);
    expect((await texts('.figure-detail'))[0]).toBe('Corse-du-Sud, au 30 avril 2021');
  });

  it('offers as files what it asked the doors for, and nothing else', async () => {
    asked.length = 0;
    await open('?departement=33&au=2021-05-01&mode=ouvert');
    const shownTables = asked
      .filter((address) => address.includes('/indicateurs.json'))
      .map((address) => new URL(address).search);
    const links = await page
      .locator('.downloads a')
      .evaluateAll((all) => all.map((link) => String(link.getAttribute('href'))));
    expect(links.length).toBeGreaterThanOrEqual(16);
    for (const link of links) {
      const [door, query] = link.split('?');
      expect(['/indicateurs.csv', '/indicateurs.xlsx']).toContain(door);
      expect(shownTables).toContain(`?${query}`);
    }
    expect(links.every((link) => link.includes('mode=OPEN'))).toBe(true);
    expect((await texts('.badge'))[0]).toContain('mode ouvert');
  });

  it('sends a token that was typed with the questions only, and shows an agency its region', async () => {
    await move('');
    await page.click('.access summary');
    await page.fill('#jeton-valeur', 'aaa.bbb.ccc');
    const sent = page.waitForRequest((request) => request.headers().authorization === 'Bearer aaa.bbb.ccc');
    await page.click('#jeton button');
    expect((await sent).url()).not.toContain('aaa');
    await page.waitForSelector('#chiffres:has-text("Votre région")');
    await shown(page);
    const told = await page
      .locator('.tile:not(.none)')
      .evaluateAll((all) => all.map((tile) => tile.getAttribute('data-code')));
    expect(told.sort()).toEqual(REGIONS[REGIONAL]);
    expect(await texts('#rythme .place, #vaccins .place, #parcours .place, #stock .place')).toEqual(
      Array(4).fill('Votre région'),
    );
    expect((await texts('#ages .notice'))[0]).toBe('Cette table n’est pas accordée à ce destinataire.');
    expect(page.url()).not.toContain('aaa');
    await open();
  });

  it.each(['?theme=clair&du=2021-05-20', '?theme=sombre&du=2021-05-20&vue=tableau&departement=48'])(
    'has no fault for axe at %s',
    async (query) => {
      await move(query);
      await page.click('#rythme summary');
      const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
      await page.evaluate(readFileSync(axe, 'utf8'));
      // biome-ignore lint/suspicious/noExplicitAny: axe's own answer
      const { violations, passes } = await page.evaluate<any>("axe.run(document, { resultTypes: ['violations'] })");
      // biome-ignore lint/suspicious/noExplicitAny: as above
      expect(violations.map(({ id, nodes }: any) => [id, ...nodes.map(({ html }: any) => html)])).toEqual([]);
      expect(passes.length).toBeGreaterThan(20);
    },
  );

  it('prints without what paper cannot do, in light even from dark', async () => {
    await move('?theme=sombre');
    await page.emulateMedia({ media: 'print' });
    for (const hidden of ['#filtres', '.page-tools', '.toggle', '.downloads', '.reader']) {
      expect(await page.locator(hidden).first().isVisible()).toBe(false);
    }
    for (const kept of ['.map', '.curve', '.legend', '.badge', '#adresse'])
      expect(await page.locator(kept).first().isVisible()).toBe(true);
    expect(await page.evaluate('getComputedStyle(document.querySelector(".card")).backgroundColor')).toBe(
      'rgb(255, 255, 255)',
    );
    await page.emulateMedia({ media: 'screen' });
  });

  it('fits a telephone, and moves nothing for whoever asks for less motion', async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await move('?vue=tableau');
    expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(390);
    await move('');
    expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBe(390);
    const times = await page.evaluate<string[]>(
      "[...new Set([...document.querySelectorAll('*')].map((e) => getComputedStyle(e).transitionDuration + getComputedStyle(e).animationName))]",
    );
    expect(times).toEqual(['0snone']);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it('says in clear French that nothing is published yet, or that the register does not answer', async () => {
    feed.be('unpublished');
    await open();
    expect((await texts('#bandeau h2'))[0]).toBe('Aucun indicateur n’a encore été publié.');
    expect(await page.locator('#page').isVisible()).toBe(false);
    feed.be('failing');
    await open();
    expect((await texts('#bandeau'))[0]).toContain('Le service est momentanément indisponible.');
    feed.be('published');
    await page.click('#bandeau button');
    await page.waitForSelector('.tile');
    expect(await page.locator('#page').isVisible()).toBe(true);
  });
});
