import { expect, test } from '@jest/globals';
import { describeInBrowser } from '../../support/browser.ts';
import { sharedSampleStore } from '../../support/sample-store.ts';
import { useConsole } from './support/console.ts';
import type { ConsolePage } from './support/console-page.ts';
import { idsOfCommand } from './support/shown-command.ts';

describeInBrowser('the page of events', () => {
  const { console, store } = useConsole(sharedSampleStore);

  const commandOf = (page: ConsolePage) => page.page.locator('.command').innerText();

  /** What the page lists is what its command lists. */
  async function expectAsCommand(page: ConsolePage): Promise<string[]> {
    const ids = await page.eventIds();
    const listed = await idsOfCommand(store(), await commandOf(page));
    expect(ids).toEqual(listed.slice(0, 25));
    return listed;
  }

  test('shows the newest events first, all time, without a question', async () => {
    const page = await console.show();
    const ids = await page.eventIds();
    expect(ids.length).toBeGreaterThanOrEqual(25);
    const listed = await expectAsCommand(page);
    expect(await page.heading()).toContain(`(${listed.length})`);
    const times = await page.column('Time');
    expect(times).toEqual([...times].sort().reverse());
    expect(await page.page.title()).toContain('Events');
  });

  test('presets, time, filters and exclusions are steps of the address, which can be gone back and opened again', async () => {
    const page = await console.show();
    const seen: string[][] = [await page.eventIds()];
    const fragments: string[] = [await page.fragment()];
    const step = async (act: () => Promise<unknown>) => {
      await page.after(act);
      seen.push(await page.eventIds());
      fragments.push(await page.fragment());
      await expectAsCommand(page);
    };
    await step(() => page.button('Changes').click());
    expect(await page.params()).toEqual([['changes', 'true']]);
    await step(() => page.button('Denied or failed').click());
    expect(new Set((await page.column('Result')).map((text) => text.split(/[:( ]/)[0]))).not.toContain('ok');
    await step(() => page.button('Logins').click());
    await step(() => page.button('All').click());
    expect(await page.params()).toEqual([]);
    await step(() => page.filter('User = jonas.weber'));
    expect(new Set(await page.column('Who'))).toEqual(new Set(['jonas.weber']));
    await step(() => page.filter('Environment != prod-etl'));
    expect(await page.column('Environment')).not.toContain('prod-etl');
    expect(await page.params()).toEqual([
      ['user', 'jonas.weber'],
      ['exclude', 'environment=prod-etl'],
    ]);
    const reloaded = await page.profile.open(await page.fragment());
    expect(await reloaded.eventIds()).toEqual(seen.at(-1));
    expect(await reloaded.tokens()).toEqual(await page.tokens());
    await reloaded.page.close();
    for (let at = seen.length - 2; at >= 0; at -= 1) {
      await page.after(() => page.page.goBack());
      expect([await page.fragment(), await page.eventIds()]).toEqual([fragments[at], seen[at]]);
    }
    await page.after(() => page.page.goForward());
    expect([await page.fragment(), await page.eventIds()]).toEqual([fragments[1], seen[1]]);
  });

  test('a value without a property is recognized, and the ID of an event opens it', async () => {
    const page = await console.show();
    for (const [text, pair] of [
      ['203.0.113.77', ['sourceIp', '203.0.113.77']],
      ['jonas.weber', ['user', 'jonas.weber']],
    ] as const) {
      await page.after(() => page.filter(text));
      expect(await page.params()).toEqual([pair]);
      await expectAsCommand(page);
      await page.after(() => page.button('Clear filters').click());
    }
    const [eventId = ''] = await page.eventIds();
    await page.after(() => page.filter(eventId));
    expect(await page.fragment()).toBe(`#/events/${eventId}`);
  });

  test('a suggestion says how many events it finds', async () => {
    const page = await console.show();
    await page.filterInput.fill('User = ');
    const options = page.page.getByRole('option', { name: /^User = .* \d+ events?$/ });
    await options.first().waitFor();
    for (const text of [/jonas\.weber/, /anna\.berg/]) {
      const option = options.filter({ hasText: text });
      const [, events] = /(\d+) events?$/.exec((await option.innerText()).trim()) ?? [];
      await page.after(() => option.click());
      expect((await expectAsCommand(page)).length).toBe(Number(events));
      await page.after(() => page.button('Clear filters').click());
      await page.filterInput.fill('User = ');
      await options.first().waitFor();
    }
  });

  test('a cell includes and excludes its value, by mouse and by keyboard', async () => {
    const page = await console.show();
    await page.cell('jonas.weber').first().hover();
    await page.after(() => page.button('Only User jonas.weber').first().click());
    expect(await page.params()).toEqual([['user', 'jonas.weber']]);
    expect(new Set(await page.column('Who'))).toEqual(new Set(['jonas.weber']));
    await expectAsCommand(page);

    await page.page.locator('tbody input[type=checkbox]').first().focus();
    const what = (await page.column('What'))[0];
    for (let right = 0; right < 20 && !/^Without Action/.test((await page.focused()) ?? ''); right += 1) {
      await page.page.keyboard.press('ArrowRight');
    }
    expect(await page.focused()).toMatch(/^Without Action/);
    await page.after(() => page.page.keyboard.press('Enter'));
    expect(await page.params()).toEqual([
      ['user', 'jonas.weber'],
      ['exclude', expect.stringMatching(/^action=/)],
    ]);
    expect(await page.column('What')).not.toContain(what);
    await expectAsCommand(page);
  });

  test('a bar is clicked, bars are dragged over, and chosen by keyboard', async () => {
    const page = await console.show('#/?since=2026-10-26&until=2026-11-14');
    const bars = page.page.locator('.histogram-bar');
    const counted = (label: string) =>
      [...label.matchAll(/(\d+) (?:change|read|failure)/g)].reduce((sum, [, count]) => sum + Number(count), 0);
    const labels = await bars.evaluateAll((all) => all.map((bar) => bar.getAttribute('aria-label') ?? ''));
    const whole = (await expectAsCommand(page)).length;
    expect(labels.map(counted).reduce((sum, count) => sum + count)).toBe(whole);
    const busiest = labels.map(counted).indexOf(Math.max(...labels.map(counted)));

    await page.after(() => bars.nth(busiest).click());
    expect((await expectAsCommand(page)).length).toBe(counted(labels[busiest] ?? ''));
    await page.after(() => page.page.goBack());

    const [from, to] = [Math.max(busiest - 3, 0), busiest];
    await bars.nth(from).hover();
    await page.page.mouse.down();
    await bars.nth(to).hover();
    await page.after(() => page.page.mouse.up());
    const inRange = labels
      .slice(from, to + 1)
      .map(counted)
      .reduce((sum, count) => sum + count);
    expect((await expectAsCommand(page)).length).toBe(inRange);
    await page.after(() => page.page.goBack());

    await bars.first().focus();
    await page.page.keyboard.press('End');
    await page.page.keyboard.press('Shift+Home');
    await page.after(() => page.page.keyboard.press('Enter'));
    expect((await expectAsCommand(page)).length).toBe(whole);
    expect((await page.params()).map(([name]) => name)).toEqual(['since', 'until']);
  });

  test('the time is relative or absolute, in UTC or in local time', async () => {
    const page = await console.open();
    const timeRange = page.page.getByRole('button', { name: /^Time range/ });
    await timeRange.click();
    await page.page.getByText('Last 90 days').click();
    await page.after(() => page.button('Apply').click());
    expect(await page.params()).toEqual([['since', '90d']]);

    const utc = (await page.column('Time'))[0] ?? '';
    await page.button(/^Times:/).click();
    await page.after(() => page.page.getByRole('menuitem', { name: 'Local time' }).click());
    const local = (await page.column('Time'))[0] ?? '';
    const hours = (text: string) => Date.parse(`${text.replace(' ', 'T')}Z`) / 3_600_000;
    // Berlin, in winter.
    expect(hours(local) - hours(utc)).toBe(1);

    await timeRange.click();
    await page.button('Absolute mode').click();
    const fields = {
      'Start date': '2026/11/06',
      'Start time': '03:00:00',
      'End date': '2026/11/06',
      'End time': '04:00:00',
    };
    for (const [name, text] of Object.entries(fields)) await page.page.getByLabel(name).fill(text);
    await page.after(() => page.button('Apply').click());
    expect(await page.params()).toEqual([
      ['since', '2026-11-06T02:00:00.000Z'],
      ['until', '2026-11-06T03:00:00.000Z'],
    ]);
    expect((await expectAsCommand(page)).length).toBeGreaterThan(0);
    for (const time of await page.column('Time')) expect(time).toMatch(/^2026-11-06 03:/);

    const another = await page.profile.open(await page.fragment());
    expect(await another.column('Time')).toEqual(await page.column('Time'));
    await another.page.getByRole('button', { name: /^Time range/ }).click();
    await another.after(() => another.button('All time').click());
    expect(await another.params()).toEqual([]);
  });

  test('the order turns, and columns are chosen for the next visit', async () => {
    const page = await console.open('#/?environment=prod-etl');
    const newestFirst = await expectAsCommand(page);
    // The heading that stays in sight comes first.
    await page.after(() => page.page.locator('th', { hasText: /^Time/ }).first().click());
    expect(await page.params()).toContainEqual(['order', 'oldest-first']);
    expect(await expectAsCommand(page)).toEqual(newestFirst.toReversed());

    await page.button('Preferences').click();
    await page.page.getByLabel('25 events').check();
    await page.page.getByRole('checkbox', { name: 'Error code' }).check();
    await page.after(() => page.button('Confirm').click());
    expect(await page.eventIds()).toEqual(newestFirst.toReversed().slice(0, 25));
    const again = await page.profile.open('#/?errorCode=AccessDenied');
    expect(new Set(await again.column('Error code'))).toEqual(new Set(['AccessDenied']));
  });
});
