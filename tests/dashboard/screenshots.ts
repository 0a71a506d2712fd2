/**
 * The pictures of `docs/tableau-de-bord.md`: `npm run screenshots [-- --url http://localhost:4000] [--out docs/images]`.
 * Without an address, the page is served with an invented campaign.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DASHBOARD_PATH, DashboardDoor } from '../../src/dashboard/dashboard-door.js';
import type { DoorRequest } from '../../src/read/door.js';
import { aBrowser, shown } from '../builders/a-browser.js';
import { anIndicatorFeed } from '../builders/an-indicator-feed.js';

const SHOTS = {
  clair: { query: '?theme=clair', viewport: { width: 1280, height: 900 }, fullPage: true },
  sombre: { query: '?theme=sombre&departement=69', viewport: { width: 1280, height: 1240 }, fullPage: false },
} as const;

const { values: options } = parseArgs({
  options: { url: { type: 'string' }, out: { type: 'string', default: 'docs/images' } },
});

/** The page alone, without a register behind it. */
async function thePage(): Promise<{ url: string; close(): void }> {
  const door = new DashboardDoor();
  const server = createServer((request, response) => {
    const asked = { method: request.method ?? '', path: (request.url ?? '').split('?')[0] ?? '', headers: {} };
    void door.answer(asked as unknown as DoorRequest).then((answer) => {
      if (!answer) return void response.writeHead(404).end();
      response.writeHead(answer.status, { 'Content-Type': answer.type, ...answer.headers }).end(answer.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

const page = options.url ? undefined : await thePage();
const feed = page && (await anIndicatorFeed({ upstream: page.url }));
const base = options.url ?? feed?.url ?? '';
const browser = await aBrowser();
for (const [name, { query, viewport, fullPage }] of Object.entries(SHOTS)) {
  const tab = await browser.newPage({ locale: 'fr-FR', viewport });
  await tab.goto(base + DASHBOARD_PATH + query);
  await shown(tab);
  await tab.screenshot({ path: path.join(options.out, `tableau-de-bord-${name}.png`), fullPage });
  await tab.close();
  process.stdout.write(`${name}\n`);
}
await browser.close();
await feed?.close();
page?.close();
