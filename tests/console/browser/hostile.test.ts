import { expect, test } from '@jest/globals';
import { describeInBrowser } from '../../support/browser.ts';
import { EventStore } from '../../support/event-store.ts';
import { SAMPLE_NOW } from '../../support/sample-store.ts';
import { scaled } from '../../support/scale.ts';
import { useConsole } from './support/console.ts';
import type { ConsolePage } from './support/console-page.ts';
import { hostileEvent, PAYLOADS } from './support/hostile-events.ts';
import { pagesAbout } from './support/pages.ts';

/** A store whose records say something hostile wherever they can. */
async function startHostileStore(): Promise<EventStore> {
  const store = await EventStore.start({ now: SAMPLE_NOW });
  await store.add(...PAYLOADS.map(hostileEvent));
  return store;
}

/** Payloads whose own pages are opened; the lists show all of them. */
const ALONE = PAYLOADS.filter((_, i) => i % scaled(50, 1) === 0);

describeInBrowser('hostile records', () => {
  const { console } = useConsole(startHostileStore);

  /** What of the page came from a record and is more than text. */
  function intrusions(page: ConsolePage): Promise<string[]> {
    return page.page.evaluate(() => {
      const found: string[] = [];
      if ('ran' in globalThis) found.push('something ran');
      const foreign =
        '.hostile, base, iframe, object, embed, form[action], script:not([src]), meta[http-equiv], [srcdoc]';
      for (const element of document.querySelectorAll(foreign)) found.push(element.outerHTML.slice(0, 200));
      const misleading = /[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?![\n\t])\p{Cc}/u;
      for (const element of document.querySelectorAll('*')) {
        for (const { name, value } of element.attributes) {
          if (/^on/.test(name)) found.push(`${name}=${value}`);
          else if (/^(href|src|action)$/.test(name) && !/^(#|\/console\/|data:,$)/.test(value))
            found.push(`${name}=${value}`);
          else if (/^(title|aria-label|alt|placeholder)$/.test(name) && misleading.test(value))
            found.push(`${name}=${value}`);
        }
      }
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode as Text;
        if (misleading.test(data)) found.push(`${parentElement?.className}: ${JSON.stringify(data).slice(0, 100)}`);
      }
      return found;
    });
  }

  test('are text in all columns of the table, in suggestions and in tokens', async () => {
    const profile = await console.profile();
    await profile.context.addInitScript(() => {
      if (!location.protocol.startsWith('http')) return;
      const preferences = { pageSize: 100, wrapLines: true };
      localStorage.setItem('mwaa-trail-preferences', JSON.stringify(preferences));
    });
    const page = await profile.open();
    let shown = 0;
    for (let number = 1; shown < PAYLOADS.length; number += 1) {
      shown += (await page.eventIds()).length;
      expect([number, await intrusions(page)]).toEqual([number, []]);
      if (shown < PAYLOADS.length) await page.after(() => page.button('Next page').click());
    }
    for (const property of ['User', 'Environment', 'User agent', 'Error code', 'Request parameter']) {
      await page.filterInput.fill(`${property} = `);
      await page.page
        .getByRole('option', { name: /\d+ events?$/ })
        .first()
        .waitFor();
      expect([property, await intrusions(page)]).toEqual([property, []]);
    }
  });

  test('are text on the pages that are about them', async () => {
    const page = await console.open('#/nothing');
    const other = hostileEvent(PAYLOADS[0] ?? '', 0).id;
    const visited = new Set<string>();
    for (const payload of ALONE) {
      const { id } = hostileEvent(payload, PAYLOADS.indexOf(payload));
      for (const { name, fragment } of pagesAbout({ environment: payload, user: payload, eventIds: [id, other] })) {
        if (visited.has(fragment)) continue;
        visited.add(fragment);
        await page.go(fragment);
        expect([payload, name, await intrusions(page)]).toEqual([payload, name, []]);
      }
      await page.go(`#/?${new URLSearchParams({ userAgent: payload })}`);
      expect(await page.eventIds()).toContain(id);
    }
  });
});
