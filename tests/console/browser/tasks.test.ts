import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Locator } from 'playwright-core';
import { writeStatusChange } from '../../../shared/store/status-changes.ts';
import { describeInBrowser } from '../../support/browser.ts';
import { sharedSampleStore, startSampleStore } from '../../support/sample-store.ts';
import { scaled } from '../../support/scale.ts';
import { useConsole } from './support/console.ts';
import type { ConsolePage } from './support/console-page.ts';
import { idsOfCommand, runShown } from './support/shown-command.ts';

/** The update of prod-etl in the incident of the samples, and what stopped it. */
const INCIDENT = 'user=jonas.weber&environment=prod-etl';

describeInBrowser('an investigator', () => {
  const { console, store } = useConsole(startSampleStore);

  const commandOf = (page: ConsolePage) => page.page.locator('.command').first().innerText();
  const countIn = (text: string) => Number(/\((\d[\d,]*)\)/.exec(text)?.[1]?.replaceAll(',', ''));

  test('opens an event, reads its record, goes to its neighbors, and closes it', async () => {
    const page = await console.show(`#/?${INCIDENT}`);
    const ids = await page.eventIds();
    const links = page.page.locator('tbody a[href*="event="]');
    await page.after(() => links.first().click());
    expect(await page.params()).toContainEqual(['event', ids[0]]);
    const panel = page.page.locator('.event-panel');
    expect(await panel.innerText()).toContain('jonas.weber');

    const { stdout } = await runShown(store(), await commandOf(page), '--format', 'ndjson', '--full', '--limit', '1');
    const { record } = JSON.parse(stdout);
    await page.button('Copy record').click();
    await page.page.getByText('Copied').first().waitFor();
    expect(JSON.parse(await page.clipboard())).toEqual(record);

    await page.page.getByRole('searchbox', { name: 'Find in Record' }).fill(record.requestID ?? record.eventID);
    await page.settled();
    expect(await panel.locator('mark').count()).toBeGreaterThan(0);

    await page.after(() => page.page.getByRole('link', { name: '10 minutes around, same user' }).click());
    expect(await page.eventIds()).toContain(ids[0]);
    expect(new Set(await page.column('Who'))).toEqual(new Set(['jonas.weber']));
    await page.after(() => page.page.goBack());

    await panel.focus();
    await page.after(() => page.page.keyboard.press('Escape'));
    expect(await panel.count()).toBe(0);
    expect(await page.params()).not.toContainEqual(['event', ids[0]]);
    // The focus is where it was, so that somebody without a mouse goes on from there.
    expect(await links.first().evaluate((link) => link === document.activeElement)).toBe(true);

    await page.go(`#/events/${ids[0]}`);
    expect(await page.text()).toContain(ids[0]);
  });

  test('reads a finding, the event in it and the command that explains it; is told what is missing', async () => {
    const page = await console.open('#/findings?level=high&rule=1007c8bb-f646-4d6a-a0cf-253ee9cfc469');
    expect(new Set(await page.column('Finding'))).toEqual(new Set(['MWAA Startup Script Changed']));
    await page.page.getByRole('button', { name: /^Rule/ }).click();
    await page.page.getByRole('option', { name: 'MWAA Web Server Made Public' }).waitFor();
    await page.page.keyboard.press('Escape');
    const links = page.page.locator('tbody a[href*="finding="]');
    await page.after(() => links.first().click());
    const panel = page.page.locator('.finding-panel');
    expect(await panel.innerText()).toMatch(/Why it matters.*startup script.*T1059/s);
    const command = await panel.getByText('--explain').innerText();
    expect((await runShown(store(), command)).stdout).toContain('A finding');
    await page.after(() => panel.locator('a[href^="#/events/"]').first().click());
    await page.page.getByText('Detection rules found this event').waitFor();
    await page.after(() => page.page.getByRole('link', { name: 'MWAA Startup Script Changed' }).click());
    await panel.focus();
    await page.after(() => page.page.keyboard.press('Escape'));
    expect(await panel.count()).toBe(0);

    const origins = [
      [{ kind: 'stored', alerts: 'off' }, 'Alerts are off: no new findings come'],
      [{ kind: 'evaluated', events: 20_000, cutAt: '2026-11-01T00:00:00.000Z' }, 'were evaluated'],
    ] as const;
    for (const [origin, told] of origins) {
      console.intercept = async (request, site) => {
        const answer = await site(request);
        if (!request.url.startsWith('/findings')) return answer;
        return { ...answer, body: JSON.stringify({ ...JSON.parse(String(answer.body)), findings: [], origin }) };
      };
      await page.go(`#/findings?level=high&since=${origin.kind === 'stored' ? '7d' : '8d'}`);
      expect(await page.text()).toContain(told);
      expect(await page.text()).toContain('No findings');
    }
  });

  test('an event that does not exist is no error of the console', async () => {
    const page = await console.show('#/nothing');
    page.profile.expectProblem(/status of 404/);
    await page.go('#/events/no-such-event');
    expect(await page.text()).toContain('There is no');
  });

  test('selects events, and compares them as the command does', async () => {
    const page = await console.show(`#/?${INCIDENT}&action=environment.update`);
    const ids = (await page.eventIds()).slice(0, 2);
    for (const at of [0, 1]) await page.page.locator('tbody input[type=checkbox]').nth(at).check();
    await page.after(() => page.button(/^Compare/).click());
    expect(await page.params()).toEqual(ids.map((id) => ['id', id]));
    const shown = await page.column('Field');
    const { stdout } = await runShown(store(), await commandOf(page), '--format', 'json');
    const different = (JSON.parse(stdout).fields as { path: string; same: boolean }[]).filter(({ same }) => !same);
    const paths = different.map(({ path }) => path);
    expect(shown.length).toBeGreaterThan(2);
    expect(paths).toEqual(expect.arrayContaining(shown.filter((path) => path !== 'Event')));
    await page.after(() => page.button(/^Move first/).click());
    expect(await page.params()).toEqual(ids.toReversed().map((id) => ['id', id]));
  });

  test('downloads all pages of what is shown, in each format', async () => {
    const page = await console.show('#/?exclude=user%3Djonas.weber');
    const line = await commandOf(page);
    const download = async (name: string) => {
      await page.button('Download').click();
      await page.page.getByRole('menuitem', { name, exact: true }).click();
      await page.page.getByText(/^Complete: /).waitFor();
      await page.after(() => page.button('Close').last().click());
    };
    /** Spaces in JSON say nothing. */
    const contentOf = (text: string, format: string) => (format === 'json' ? JSON.parse(text) : text);
    const expectAsPrinted = async (text: string, format: string) => {
      const { stdout } = await runShown(store(), line, '--all', '--format', format);
      expect(contentOf(text, format)).toEqual(contentOf(stdout, format));
    };

    // The dialog of the operating system is not for tests: here it always chooses a file of the page.
    await page.page.evaluate(() => {
      Reflect.set(globalThis, 'showSaveFilePicker', async ({ suggestedName }: { suggestedName: string }) =>
        (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true }),
      );
    });
    await download('CSV');
    const written = await page.page.evaluate(async () => {
      const folder = await navigator.storage.getDirectory();
      const files: [string, string][] = [];
      for await (const [name, handle] of folder as unknown as AsyncIterable<[string, FileSystemFileHandle]>) {
        files.push([name, await (await handle.getFile()).text()]);
      }
      return files;
    });
    expect(written).toEqual([[expect.stringMatching(/\.csv$/), expect.any(String)]]);
    await expectAsPrinted(written[0]?.[1] ?? '', 'csv');

    // As in browsers that have no such dialog.
    await page.page.evaluate(() => Reflect.set(globalThis, 'showSaveFilePicker', undefined));
    for (const [name, format] of [
      ['JSON', 'json'],
      ['NDJSON, one event a line', 'ndjson'],
    ] as const) {
      const [saved] = await Promise.all([page.page.waitForEvent('download'), download(name)]);
      expect(saved.suggestedFilename()).toMatch(new RegExp(`\\.${format}$`));
      await expectAsPrinted(readFileSync(await saved.path(), 'utf8'), format);
    }
  });

  test('sees the configuration of an environment at a time, and what changed it', async () => {
    const page = await console.show('#/environments/prod-etl?at=2026-11-06T02:00:00Z');
    const { stdout } = await runShown(store(), await commandOf(page), '--format', 'json');
    const [history] = JSON.parse(stdout);
    const settings: [string, unknown][] = Object.entries(history.configuration);
    const names = await page.column('Setting');
    expect(names).toEqual(expect.arrayContaining(settings.map(([name]) => name)));

    await page.after(() => page.page.getByRole('tab', { name: 'Changes' }).click());
    const changes = page.page.getByRole('tabpanel').getByRole('heading', { level: 3 });
    const changed = await changes.count();
    await page.after(() => page.button('Next page').click());
    const others = await changes.count();
    await page.after(() => page.page.getByRole('link', { name: 'Show as events' }).click());
    expect(await page.params()).toContainEqual(['environment', 'prod-etl']);
    expect(countIn(await page.heading())).toBe(changed + others);
  });

  test('sees what became of each change, and which status nobody asked for', async () => {
    const { dynamo, tables } = store().deps;
    const place = { environment: 'prod-reporting', accountId: '111122223333', region: 'us-east-1' };
    const error = { errorCode: 'INCORRECT', errorMessage: 'a \u202e message' };
    for (const [id, time, status] of [
      ['1', '2026-11-04T10:30:00.000Z', 'UPDATE_FAILED'],
      ['2', '2026-11-05T00:00:00.000Z', 'MAINTENANCE'],
    ] as const) {
      const change = { id, time, status, ...place, ...(status === 'UPDATE_FAILED' && error) };
      await writeStatusChange(dynamo, tables.environmentsTable, change, undefined);
    }
    const page = await console.open('#/environments/prod-reporting?tab=changes');
    const text = await page.text();
    expect(text).toContain('Failed at 2026-11-04 10:30:00 UTC (UPDATE_FAILED): INCORRECT: a \\u202e message');
    expect(text).toContain('status MAINTENANCE (not signed by CloudTrail)');
    expect(text).toContain('Not known whether it was carried out');
    await page.go('#/environments');
    expect(await page.column('Status')).toContain('MAINTENANCE since 2026-11-05 00:00:00 UTC');
  });

  test('each number of a person leads to as many events', async () => {
    const page = await console.show('#/users');
    const [user] = await page.column('Who');
    const links = page.page.locator('tbody tr').first().locator('a');
    const counts = await linksWithCounts(links);
    expect(counts.length).toBeGreaterThan(1);
    await page.go(`#/users/${user}`);
    counts.push(...(await linksWithCounts(page.page.locator('main a[href*="user="]'))));
    const once = new Map(counts.map(({ href, count }) => [href, count]));
    for (const [href, count] of [...once].filter((_, i) => i % scaled(2, 1) === 0)) {
      await page.go(href);
      expect([href, countIn(await page.heading())]).toEqual([href, count]);
    }
  });

  test('what is new leads to events, and every page to others', async () => {
    const page = await console.show('#/overview');
    const pages = new Set<string>();
    for (const fragment of ['#/overview', '#/environments', '#/users', '#/trust']) {
      await page.go(fragment);
      const hrefs = await page.page
        .locator('main a[href^="#/"]')
        .evaluateAll((all) => all.map((a) => a.getAttribute('href')));
      for (const href of hrefs) pages.add(href ?? '');
    }
    expect(pages.size).toBeGreaterThan(20);
    for (const href of [...pages].filter((_, i) => i % scaled(20, 1) === 0)) {
      await page.go(href);
      expect([href, await page.text()]).toEqual([href, expect.not.stringMatching(/There is no such page|Try again/)]);
    }
  });
});

describeInBrowser('the console of one environment', () => {
  const { console, store } = useConsole(sharedSampleStore, { environment: 'prod-etl' });

  test('asks nothing about others', async () => {
    const page = await console.open();
    const asked: string[] = [];
    page.profile.context.on('request', (request) => asked.push(new URL(request.url()).pathname));
    expect(await page.eventIds()).toEqual(
      (await idsOfCommand(store(), await page.page.locator('.command').innerText())).slice(0, 25),
    );
    expect(await page.page.locator('.command').innerText()).toContain('--environment prod-etl');
    await page.after(() => page.page.locator('tbody a[href*="event="]').first().click());
    await page.filterInput.fill('User = ');
    await page.page
      .getByRole('option', { name: /events?$/ })
      .first()
      .waitFor();
    for (const fragment of ['#/environments/prod-etl', '#/environments/prod-etl?tab=people', '#/users/jonas.weber']) {
      await page.go(fragment);
    }
    for (const fragment of ['#/trust', '#/overview', '#/environments', '#/?environment=prod-reporting']) {
      await page.go(fragment);
      expect([fragment, await page.heading()]).toEqual([fragment, 'Not in this console']);
    }
    const pages = await page.page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts();
    expect(pages).not.toContain('Trust');
    expect(asked.length).toBeGreaterThan(4);
    const others = asked.filter((path) => !/^\/(environments\/prod-etl\/|console\/)/.test(path));
    expect(others).toEqual([]);
  });
});

/** The links whose text is a number. */
async function linksWithCounts(links: Locator): Promise<{ href: string; count: number }[]> {
  const all = await links.evaluateAll((list) =>
    list.map((link) => [link.getAttribute('href') ?? '', (link as HTMLElement).innerText] as const),
  );
  return all.flatMap(([href, text]) => (/^\d+$/.test(text) ? [{ href, count: Number(text) }] : []));
}
