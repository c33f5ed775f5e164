import type { Locator, Page } from 'playwright-core';
import type { OpenContext } from './console.ts';

/** Frames without a request that make a page settled. */
const QUIET_FRAMES = 3;
const LONGEST_FRAME = 50;

/** A tab with the console: what people see there, and what they do. */
export class ConsolePage {
  readonly page: Page;
  readonly profile: OpenContext;

  constructor(page: Page, profile: OpenContext) {
    this.page = page;
    this.profile = profile;
  }

  /** Waits until all requests are answered, and nothing is said to be loading. */
  async settled(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_FRAMES; ) {
      const loading = await this.page.evaluate(async (milliseconds) => {
        await new Promise((resolve) => {
          requestAnimationFrame(resolve);
          // A tab in the background has no frames.
          setTimeout(resolve, milliseconds);
        });
        return document.querySelector('[class*="awsui_status-loading"]') !== null;
      }, LONGEST_FRAME);
      quiet = this.profile.pending.size === 0 && !loading ? quiet + 1 : 0;
    }
  }

  /** Goes to another page of the console, as a link does. */
  async go(fragment: string): Promise<void> {
    await this.page.evaluate((hash) => {
      location.hash = hash;
    }, fragment);
    await this.settled();
  }

  /** Closes the other tabs of its profile. */
  async closeOthers(): Promise<void> {
    const others = this.profile.context.pages().filter((page) => page !== this.page);
    await Promise.all(others.map((page) => page.close()));
  }

  /** Does something, and waits for what follows. */
  async after(act: () => Promise<unknown>): Promise<void> {
    await act();
    await this.settled();
  }

  /** The fragment of the address. */
  async fragment(): Promise<string> {
    return this.page.evaluate(() => location.hash);
  }

  /** The parameters in the fragment. */
  async params(): Promise<[string, string][]> {
    const fragment = await this.fragment();
    return [...new URLSearchParams(fragment.split('?').slice(1).join('?'))];
  }

  heading(): Promise<string> {
    return this.page.locator('h1').innerText();
  }

  /** All text of the page. */
  text(): Promise<string> {
    return this.page.locator('body').innerText();
  }

  /** The eventIDs in the table, from top to bottom. */
  eventIds(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('tbody a[href*="event="]')].map(
        (link) => new URLSearchParams((link.getAttribute('href') ?? '').split('?')[1]).get('event') ?? '',
      ),
    );
  }

  /** The texts of a column of the table of events, from top to bottom. */
  async column(heading: string): Promise<string[]> {
    return this.page.evaluate((name) => {
      const headings = [...document.querySelectorAll('thead tr:last-child th')];
      const at = headings.findIndex((cell) => (cell as HTMLElement).innerText.trim().startsWith(name));
      if (at < 0) throw new Error(`expected a column ${name}`);
      return [...document.querySelectorAll('tbody tr')].map((row) => {
        const cell = row.querySelectorAll('td, th')[at];
        return ((cell?.querySelector('.value-text') ?? cell) as HTMLElement | undefined)?.innerText.trim() ?? '';
      });
    }, heading);
  }

  /** The tokens of the filter. */
  async tokens(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('[class*="awsui_token-trigger"], [class*="awsui_token-content"]')].map((token) =>
        (token as HTMLElement).innerText.trim(),
      ),
    );
  }

  get filterInput(): Locator {
    return this.page.getByRole('combobox', { name: 'Filter events' });
  }

  /** Types a filter, such as `User = ana`, and Enter. */
  async filter(text: string): Promise<void> {
    await this.filterInput.fill(text);
    await this.filterInput.press('Enter');
  }

  /** Cells with this text. */
  cell(text: string): Locator {
    return this.page.locator('tbody td, tbody th').filter({ hasText: text });
  }

  /** What a screen reader calls the element that has the focus; undefined if none has it. */
  focused(): Promise<string | undefined> {
    return this.page.evaluate(() => {
      const element = document.activeElement as HTMLElement;
      if (element === document.body) return undefined;
      const labels = element.getAttribute('aria-labelledby')?.split(' ') ?? [];
      const label = labels.map((id) => document.getElementById(id)?.innerText ?? '').join(' ');
      return (element.getAttribute('aria-label') ?? (label === '' ? element.innerText : label)).trim();
    });
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** What the clipboard has. */
  clipboard(): Promise<string> {
    return this.page.evaluate(() => navigator.clipboard.readText());
  }
}
