import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's Chromium, or the one that is named. */
const CHROMIUM = process.env.LANCETTE_CHROMIUM ?? '/usr/bin/chromium';

/** Why the tests in a browser cannot run here; undefined where they can. */
export const NO_BROWSER = existsSync(CHROMIUM) ? undefined : `no Chromium at ${CHROMIUM}`;

const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const aBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: CHROMIUM, headless: true, args: ARGS });

/** Waits until every card shows the figures of the address. The page's policy forbids what polls inside it. */
export async function shown(page: Page): Promise<void> {
  const until = Date.now() + 30_000;
  while (!(await page.evaluate<boolean>('document.body.dataset.shown === location.pathname + location.search'))) {
    if (Date.now() > until) throw new Error(`the page does not finish: ${await page.locator('body').innerText()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
