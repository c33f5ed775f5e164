import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type * as Axe from 'axe-core';
import { describeInBrowser } from '../../support/browser.ts';
import { ROOT } from '../../support/cli.ts';
import { startSampleStore } from '../../support/sample-store.ts';
import { scaled } from '../../support/scale.ts';
import { useConsole } from './support/console.ts';
import type { ConsolePage } from './support/console-page.ts';
import { SAMPLE_PAGES } from './support/pages.ts';

const AXE = readFileSync(join(ROOT, 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');

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
  const { console } = useConsole(startSampleStore);

  describe.each(['light', 'dark'] as const)('in %s colors', (colorScheme) => {
    // Only colors differ.
    const options: Axe.RunOptions = colorScheme === 'dark' ? { runOnly: ['color-contrast'] } : {};

    test('axe finds nothing', async () => {
      const page = await console.open('#/', { colorScheme });
      // The policy of the page allows no script of others; the debugger of the browser does.
      const debug = await page.profile.context.newCDPSession(page.page);
      await debug.send('Runtime.evaluate', { expression: AXE });
      const found: unknown[] = [];
      for (const { name, fragment } of SAMPLE_PAGES) {
        await page.go(fragment);
        const violations = await violationsOf(page, options);
        if (violations.length > 0) found.push([name, violations]);
      }
      expect(found).toEqual([]);
    });
  });

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

  test.each([[[400]], [scaled([1280, 2560], [1280, 1920, 2560])]])(
    'fits into windows %s pixels wide',
    async (widths) => {
      const page = await console.open('#/', { viewport: { width: widths[0] ?? 0, height: 900 } });
      for (const { name, fragment } of SAMPLE_PAGES) {
        await page.go(fragment);
        for (const width of widths) {
          await page.page.setViewportSize({ width, height: 900 });
          await page.settled();
          expect([name, width, await badlyFitting(page)]).toEqual([name, width, []]);
        }
      }
    },
  );

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
    const page = await console.open();
    for (const [name, heading] of [
      ['Overview', 'Overview'],
      ['Trust', 'Trust'],
    ] as const) {
      await page.after(() => page.page.getByRole('link', { name, exact: true }).click());
      await page.page.locator('h1:focus', { hasText: heading }).waitFor();
    }
  });
});
