import { createServer } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import type { SiteResponse } from '../../../cli/serve/http-server.ts';
import { newToken } from '../../../cli/serve/token.ts';
import { listenOnLoopback } from '../../../local/loopback.ts';
import type { ApiRequest } from '../../../shared/http/messages.ts';
import { describeInBrowser } from '../../support/browser.ts';
import { sharedSampleStore } from '../../support/sample-store.ts';
import { useConsole } from './support/console.ts';
import type { ConsolePage } from './support/console-page.ts';

/** What the first load may weigh, as it comes over the network. */
const MAX_FIRST_LOAD_BYTES = 700_000;

describeInBrowser('the console', () => {
  const { console } = useConsole(sharedSampleStore);

  const alertOf = (page: ConsolePage) => page.page.getByRole('button', { name: 'Try again' }).locator('xpath=../../..');

  describe('the token', () => {
    test('moves out of the address into this tab, from where a second tab gets it', async () => {
      const profile = await console.profile({ withToken: false });
      const first = await profile.open(`#token=${console.token}`);
      expect(await first.heading()).toContain('Events');
      expect(first.page.url()).toBe(`${console.url}/#/`);
      expect(await first.page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
      const kept = await first.page.evaluate(() => [
        Object.values(sessionStorage),
        { ...localStorage },
        document.cookie,
      ]);
      expect(kept).toEqual([[console.token], {}, '']);

      const second = await profile.open('#/?user=jonas.weber');
      await second.page.getByRole('heading', { level: 1 }).waitFor();
      expect(new Set(await second.column('Who'))).toEqual(new Set(['jonas.weber']));
      expect(second.page.url()).not.toContain(console.token);

      await first.page.close();
      await second.page.reload();
      await second.page.getByRole('heading', { level: 1 }).waitFor();
      expect(await second.fragment()).toBe('#/?user=jonas.weber');
    });

    test.each([
      ['none', '#/'],
      ['one of an earlier start', `#token=${newToken()}`],
    ])('%s: the page says where the address is, and the right address opens it', async (_, fragment) => {
      const profile = await console.profile({ withToken: false });
      profile.expectProblem(/status of 401/);
      const page = await profile.open(fragment);
      await page.button('Try again').waitFor();
      expect(await page.text()).toMatch(/This page needs a token.*printed when it started/s);
      expect(await page.text()).not.toContain('prod-etl');
      const right = await profile.open(`#token=${console.token}`);
      expect(await right.heading()).toContain('Events');
      await page.after(() => page.button('Try again').click());
      await page.page.getByRole('heading', { level: 1 }).waitFor();
    });
  });

  describe('a request that fails', () => {
    const problem = (status: number, kind: string, detail: string): SiteResponse => ({
      status,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.stringify({ type: `urn:problem-type:mwaa-trail:${kind}`, title: 'A title', status, detail }),
    });
    const isEvents = ({ url }: ApiRequest) => url.startsWith('/events?');

    const PROBLEMS: readonly [status: number, kind: string, header: string][] = [
      [401, 'unauthorized', 'This page needs a token'],
      [403, 'forbidden', 'Your role may not ask this'],
      [403, 'credentials-expired', 'Your AWS credentials have expired'],
      [429, 'throttled', 'Too many requests'],
      [500, 'internal', 'The question could not be answered'],
      [502, 'upstream-unreachable', 'The API does not answer'],
    ];

    test('the page says what it is and what helps, and asks again', async () => {
      const page = await console.open('#/nothing');
      page.profile.expectProblem(/status of (401|403|429|500|502)/);
      for (const [i, [status, kind, header]] of PROBLEMS.entries()) {
        const detail = `Cause ${i}, and <b>a cure</b>.`;
        console.intercept = async (request, site) =>
          isEvents(request) ? problem(status, kind, detail) : site(request);
        await page.go(`#/?user=jonas.weber&since=${100 + i}w`);
        // What the API says of a token is for programs.
        const shown = kind === 'unauthorized' ? 'Open the address that mwaa-trail serve printed' : detail;
        expect(await alertOf(page).innerText()).toMatch(new RegExp(`${header}\\s+${shown}`));
        expect(await page.eventIds()).toEqual([]);
        console.intercept = undefined;
        await page.after(() => page.button('Try again').click());
        expect(new Set(await page.column('Who'))).toEqual(new Set(['jonas.weber']));
      }
    });

    test('a server that stopped, and answers again', async () => {
      const page = await console.open();
      page.profile.expectProblem(/ERR_INTERNET_DISCONNECTED/);
      await page.profile.context.setOffline(true);
      await page.go('#/?user=jonas.weber');
      expect(await alertOf(page).innerText()).toMatch(/No connection to mwaa-trail\s+.*start it again/);
      await page.profile.context.setOffline(false);
      await page.after(() => page.button('Try again').click());
      expect(new Set(await page.column('Who'))).toEqual(new Set(['jonas.weber']));
    });

    test('a page that cannot be loaded leaves the others', async () => {
      const page = await console.open();
      page.profile.expectProblem(/ERR_INTERNET_DISCONNECTED|dynamically imported module/);
      await page.profile.context.setOffline(true);
      await page.go('#/trust');
      await page.button('Load the console again').waitFor();
      expect(await page.text()).toContain('This page cannot be shown');
      await page.profile.context.setOffline(false);
      await page.go('#/?user=jonas.weber');
      expect(new Set(await page.column('Who'))).toEqual(new Set(['jonas.weber']));
    });

    test('a wrong parameter in the address is named', async () => {
      const page = await console.open('#/');
      page.profile.expectProblem(/status of 400/);
      await page.go('#/?since=yesterday');
      expect(await alertOf(page).innerText()).toMatch(/A part of the question is wrong\s+.*since/);
    });
  });

  test('a slow answer to an earlier question is canceled, and never shown', async () => {
    const page = await console.open('#/?environment=prod-etl');
    const canceled: string[] = [];
    const slow = Promise.withResolvers<void>();
    console.intercept = async (request, site) => {
      if (request.url.includes('user=jonas.weber')) {
        request.signal?.addEventListener('abort', () => canceled.push(request.url));
        await slow.promise;
      }
      return site(request);
    };
    const asked = page.page.waitForRequest(/events\?user=jonas\.weber/);
    await page.page.evaluate(() => {
      location.hash = '#/?user=jonas.weber';
    });
    await asked;
    // What is on the page meanwhile is no answer to the new question.
    await page.page.getByText('Loading events').waitFor();
    expect(await page.eventIds()).toEqual([]);
    await page.go('#/?user=anna.berg');
    expect(new Set(await page.column('Who'))).toEqual(new Set(['anna.berg']));
    slow.resolve();
    await page.settled();
    expect(new Set(await page.column('Who'))).toEqual(new Set(['anna.berg']));
    expect(canceled).toEqual([expect.stringContaining('/events?user=jonas.weber')]);
  });

  test('the first load weighs little, and everything of it comes from this server', async () => {
    const profile = await console.profile();
    const sizes: [string, number][] = [];
    profile.context.on('requestfinished', async (request) => {
      const { responseBodySize } = await request.sizes();
      sizes.push([request.url(), responseBodySize]);
    });
    await profile.open();
    const total = sizes.reduce((sum, [, size]) => sum + size, 0);
    expect(sizes.map(([url]) => url)).toContainEqual(expect.stringMatching(/\.js$/));
    expect([total <= MAX_FIRST_LOAD_BYTES, total, sizes]).toEqual([true, total, sizes]);
  });

  test('the page runs nothing that was put into it, and asks nobody else', async () => {
    const page = await console.open();
    // All of it is refused, and the browser says so.
    page.profile.expectProblem(/Content Security Policy|requires 'Trusted/);
    page.profile.expectProblem(/example\.com/);
    const outcome = await page.page.evaluate(async () => {
      const script = document.createElement('script');
      const attempts: (() => unknown)[] = [
        () => {
          script.textContent = 'globalThis.ran = "script"';
          document.body.append(script);
        },
        () => document.body.setAttribute('onclick', 'globalThis.ran = "handler"'),
        () => {
          document.body.innerHTML = '<img src=x onerror="globalThis.ran = 1">';
        },
        // biome-ignore lint/security/noGlobalEval: it must be refused
        () => globalThis.eval('globalThis.ran = "eval"'),
        () => Object.assign(new Image(), { src: 'https://example.com/x.png' }),
      ];
      // What the test itself evaluates may evaluate; what runs later may not.
      for (const attempt of attempts) {
        await new Promise<void>((resolve) => {
          setTimeout(() => {
            resolve();
            attempt();
          });
        });
      }
      document.body.click();
      const elsewhere = await fetch('https://example.com/').then(
        () => 'answered',
        () => 'refused',
      );
      return [Reflect.get(globalThis, 'ran'), elsewhere, document.querySelector('h1')?.innerText.slice(0, 6)];
    });
    expect(outcome).toEqual([undefined, 'refused', 'Events']);
  });

  test('no other page frames it, or reads what it shows', async () => {
    const frame = `<!doctype html><iframe src="${console.url}/"></iframe>`;
    const server = createServer((_, response) => void response.setHeader('content-type', 'text/html').end(frame));
    const other = await listenOnLoopback(server, 0);
    const profile = await console.profile();
    profile.expectProblem(/./);
    const tab = await profile.context.newPage();
    await tab.goto(other);
    const answer = await tab.evaluate(
      ([url, authorization]) =>
        fetch(`${url}/environments`, { headers: { authorization } }).then(
          () => 'answered',
          () => 'refused',
        ),
      [console.url, `Bearer ${console.token}`] as const,
    );
    const framed = tab.frames().map((each) => each.url());
    server.close();
    expect([framed.slice(1), answer]).toEqual([['chrome-error://chromewebdata/'], 'refused']);
  });
});
