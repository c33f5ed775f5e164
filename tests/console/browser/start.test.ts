import { expect, test } from '@jest/globals';
import { describeInBrowser } from '../../support/browser.ts';
import { startSampleStore } from '../../support/sample-store.ts';
import { useConsole } from './support/console.ts';

describeInBrowser('the start of the console', () => {
  const { console } = useConsole(startSampleStore);

  test('the token moves out of the address into this tab, and a second tab gets it', async () => {
    const profile = await console.profile({ withToken: false });
    const first = await profile.open(`#token=${console.token}`);
    expect(await first.heading()).toContain('Events');
    expect(first.page.url()).toBe(`${console.url}/#/`);
    expect(await first.page.evaluate(() => [sessionStorage.length, JSON.stringify(localStorage)])).toEqual([1, '{}']);
    const second = await profile.open('#/?user=jonas.weber');
    await second.page.getByRole('heading', { level: 1 }).waitFor();
    expect(await second.heading()).toContain('Events');
    expect(second.page.url()).not.toContain(console.token);
    await first.page.reload();
    await first.page.getByRole('heading', { level: 1, name: 'Events' }).waitFor();
  });
});
