import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type * as Axe from 'axe-core';
import { describeInBrowser } from '../../support/browser.ts';
import { ROOT } from '../../support/cli.ts';
import { sharedSampleStore } from '../../support/sample-store.ts';
import { scaled } from '../../support/scale.ts';
import { useConsole } from './support/console.ts';
import type { ConsolePage } from './support/console-page.ts';
import { SAMPLE_PAGES } from './support/pages.ts';

const AXE = readFileSync(join(ROOT, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');

/** The height of all windows, in pixels. */
const HEIGHT = 900;

/** In dark colors, only the colors differ. */
const SCHEMES: readonly { colorScheme: 'light' | 'dark'; options: Axe.RunOptions }[] = [
  { colorScheme: 'light', options: {} },
  { colorScheme: 'dark', options: { runOnly: ['color-contrast'] } },
];

/** What axe finds wrong on a page. */
async function violationsOf(page: ConsolePage, options: Axe.RunOptions): Promise<unknown[]> {
  return page.page.evaluate(async (given) => {
    const { axe } = globalThis as unknown as { axe: typeof Axe };
    const { violations } = await axe.run(document, { resultTypes: ['violations'], ...given });
    return violations.map(({ id, help, nodes }) => ({
      id,
      help,
      nodes: nodes.map(({ html, any }) => [html, any[0]?.message]),
    }));
  }, options);
}

describeInBrowser('every page', () => {
  const { console } = useConsole(sharedSampleStore);

  /** What is wider than the page, and which controls show only a part of their text. */
  function badlyFitting(page: ConsolePage): Promise<string[]> {
    return page.page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      const wide = scrollWidth > clientWidth ? [`the page is ${scrollWidth} wide, the window ${clientWidth}`] : [];
      const controls = document.querySelectorAll('button, a, [role=tab], [role=button], label, h1, h2, h3');
      const cut = [...controls].flatMap((element) => {
        if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) return [];
        if (element.closest('td, tbody th, [aria-hidden=true]')) return [];
        const { textOverflow, overflowX } = getComputedStyle(element);
        if (overflowX === 'visible' && textOverflow !== 'ellipsis') return [];
        return element.scrollWidth > element.clientWidth + 1 ? [`cut: ${(element as HTMLElement).innerText}`] : [];
      });
      return [...wide, ...cut];
    });
  }

  async function expectFits(page: ConsolePage, name: string, widths: readonly number[]): Promise<void> {
    for (const width of widths) {
      await page.after(() => page.page.setViewportSize({ width, height: HEIGHT }));
      expect([name, width, await badlyFitting(page)]).toEqual([name, width, []]);
    }
  }

  test('on every page axe finds nothing, in light and in dark colors, and everything fits into wide windows', async () => {
    const page = await console.open('#/', { colorScheme: 'light' });
    // The policy of the page allows no script of others; the debugger of the browser does.
    const debug = await page.profile.context.newCDPSession(page.page);
    await debug.send('Runtime.evaluate', { expression: AXE });
    const found: unknown[] = [];
    for (const { name, fragment } of SAMPLE_PAGES) {
      await page.go(fragment);
      for (const { colorScheme, options } of SCHEMES) {
        await page.after(() => page.page.emulateMedia({ colorScheme }));
        expect((await page.page.locator('.awsui-dark-mode').count()) > 0).toBe(colorScheme === 'dark');
        const violations = await violationsOf(page, options);
        if (violations.length > 0) found.push([name, colorScheme, violations]);
      }
      await expectFits(page, name, scaled([1280, 2560], [1280, 1920, 2560]));
      await page.page.setViewportSize({ width: 1440, height: HEIGHT });
      await page.after(() => page.page.emulateMedia({ colorScheme: 'light' }));
    }
    expect(found).toEqual([]);
  });

  test('every page fits into a narrow window', async () => {
    const page = await console.open('#/', { viewport: { width: 400, height: HEIGHT } });
    for (const { name, fragment } of SAMPLE_PAGES) {
      await page.go(fragment);
      await expectFits(page, name, [400]);
    }
  });

  test('the key Tab goes through the page of events from top to bottom, in one step through the bars and the table', async () => {
    const page = await console.open();
    const reached: string[] = [];
    for (;;) {
      await page.page.keyboard.press('Tab');
      const name = await page.focused();
      if (name === undefined) break;
      reached.push(name);
    }
    expect(reached).toEqual([
      'mwaa-trail',
      expect.stringContaining('About this console'),
      'Times: UTC',
      'Colors: Colors of the system',
      'Close the navigation',
      'MWAA audit trail',
      'Events',
      'Overview',
      'Findings',
      'Environments',
      'People',
      'Trust',
      'Live',
      'Searches',
      'Download',
      'Ask again',
      'Can I rely on this?',
      'All',
      'Time range All time',
      'Filter events',
      'Copy the command',
      expect.stringMatching(/^\d{4}-.* UTC, .*: \d+ changes?, \d+ reads?, \d+ failures?$/),
      'Compare',
      'Page 1 of all pages',
      'Next page',
      'Preferences',
      'Events',
      'Select all events of this page',
      '',
    ]);
  });

  test('after a link to another page, the focus is on its heading', async () => {
    const page = await console.show();
    for (const [name, heading] of [
      ['Overview', 'Overview'],
      ['Trust', 'Trust'],
    ] as const) {
      await page.after(() => page.page.getByRole('link', { name, exact: true }).click());
      await page.page.locator('h1:focus', { hasText: heading }).waitFor();
    }
  });
});
