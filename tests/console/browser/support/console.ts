import { afterAll, afterEach, beforeAll, expect, jest } from '@jest/globals';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { loadRules } from '../../../../cli/detect/load-rules.ts';
import { consoleFolder, readConsole } from '../../../../cli/serve/console-files.ts';
import { type HttpServer, type Site, startHttpServer } from '../../../../cli/serve/http-server.ts';
import { type ConsoleSettings, createSite } from '../../../../cli/serve/site.ts';
import { newToken } from '../../../../cli/serve/token.ts';
import { evaluatedFindings } from '../../../../shared/alert/evaluated-findings.ts';
import { readRules } from '../../../../shared/detect/read-rules.ts';
import { createApi } from '../../../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../../../shared/http/messages.ts';
import type { QueryDeps } from '../../../../shared/query/ask.ts';
import { startBrowser } from '../../../support/browser.ts';
import { TIME_LIMIT } from '../../../support/scale.ts';
import { ConsolePage } from './console-page.ts';

/** What the console is opened over. */
export interface ServedStore {
  deps: QueryDeps;
  stop(): void;
}

/** An address at which the console has no page, and asks nothing. */
const NO_PAGE = '#/nothing';

/** Answers requests in place of the site, or lets it answer. */
export type Interceptor = (...request: [...Parameters<Site>, site: Site]) => ReturnType<Site>;

/** The console of `serve` in a browser: one server and one browser for a test file, a profile of its own for each test. */
export class ConsoleInBrowser {
  readonly token = newToken();
  /** Stands between the browser and the server until the end of the test. */
  intercept: Interceptor | undefined;
  private server: HttpServer | undefined;
  private browser: Browser | undefined;
  private contexts: OpenContext[] = [];
  private shared: ConsolePage | undefined;

  /** @param settings beside those of the store */
  async start(deps: QueryDeps, settings: Partial<ConsoleSettings>): Promise<void> {
    const failures = (error: unknown) => {
      throw error;
    };
    const site = createSite({
      api: createApi(deps, {
        failed: failures,
        maxResponseBytes: MAX_RESPONSE_BYTES,
        findings: evaluatedFindings(async () => readRules(await loadRules([])).rules, deps),
      }),
      settings: {
        source: { kind: 'table', name: 'mwaa-trail' },
        storeFlags: ['--table', deps.tables.eventsTable],
        aliases: Object.fromEntries(deps.aliases ?? []),
        version: '0.1.0',
        ...settings,
      },
      files: readConsole(consoleFolder()),
      token: this.token,
    });
    this.server = await startHttpServer(
      (request) => (this.intercept ? this.intercept(request, site) : site(request)),
      0,
    );
    this.browser = await startBrowser();
  }

  /** The origin of the server. */
  get url(): string {
    if (!this.server) throw new Error('expected a server that runs');
    return this.server.url;
  }

  /** A new profile, whose tabs have the token already unless the test brings it. */
  async profile(options: BrowserContextOptions & { withToken?: boolean } = {}): Promise<OpenContext> {
    if (!this.browser) throw new Error('expected a browser that runs');
    const { withToken = true, ...given } = options;
    const context = await this.browser.newContext({
      viewport: { width: 1440, height: 900 },
      timezoneId: 'Europe/Berlin',
      locale: 'en-US',
      // Colors are not measured while they fade in.
      reducedMotion: 'reduce',
      permissions: ['clipboard-read', 'clipboard-write'],
      ...given,
    });
    context.setDefaultTimeout(15_000);
    if (withToken) {
      // It also runs in the empty page before, which has no storage.
      await context.addInitScript(
        ([origin, token]) => {
          if (location.origin === origin) sessionStorage.setItem('mwaa-trail-token', token);
        },
        [this.url, this.token] as const,
      );
    }
    const opened = new OpenContext(context, this.url);
    this.contexts.push(opened);
    return opened;
  }

  /** Opens a page of the console, such as `#/?user=ana`, in a profile of its own. */
  async open(fragment = '#/', options: BrowserContextOptions = {}): Promise<ConsolePage> {
    const profile = await this.profile(options);
    return profile.open(fragment);
  }

  /**
   * Goes to a page of the console in a tab that tests share: nothing is loaded anew, and what another test left on its page
   * is gone with that page. For tests that change nothing else, such as preferences.
   */
  async show(fragment = '#/'): Promise<ConsolePage> {
    this.shared ??= await this.open(NO_PAGE);
    await this.shared.go(NO_PAGE);
    await this.shared.go(fragment);
    return this.shared;
  }

  /** Ends a test: nothing may have gone wrong in the browser that the test does not expect. */
  async endTest(): Promise<void> {
    const opened = this.contexts;
    this.contexts = opened.filter((one) => one === this.shared?.profile);
    this.intercept = undefined;
    await Promise.all(
      opened.map((one) => (this.contexts.includes(one) ? this.shared?.closeOthers() : one.context.close())),
    );
    expect(opened.flatMap((one) => one.takeUnexpected())).toEqual([]);
  }

  async stop(): Promise<void> {
    await this.browser?.close();
    await this.server?.stop();
  }
}

/** A profile of the browser, and what went wrong in it. */
export class OpenContext {
  readonly context: BrowserContext;
  /** Requests without an answer yet. */
  readonly pending = new Set<unknown>();
  private readonly origin: string;
  private readonly problems: string[] = [];
  private readonly expected: RegExp[] = [];

  constructor(context: BrowserContext, origin: string) {
    this.context = context;
    this.origin = origin;
    const problem = (text: string) => this.problems.push(text);
    context.on('console', (message) => {
      if (message.type() !== 'debug') problem(`console ${message.type()}: ${message.text()}`);
    });
    context.on('weberror', (error) => problem(`error of the page: ${error.error().stack}`));
    context.on('dialog', (dialog) => {
      problem(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    context.on('request', (request) => {
      this.pending.add(request);
      const { origin: asked, protocol } = new URL(request.url());
      if (asked !== origin && protocol !== 'data:' && protocol !== 'blob:') problem(`request to ${request.url()}`);
    });
    context.on('requestfinished', (request) => this.pending.delete(request));
    context.on('requestfailed', (request) => {
      this.pending.delete(request);
      const reason = request.failure()?.errorText;
      // The console cancels a request whose answer is no longer wanted.
      if (reason !== 'net::ERR_ABORTED') problem(`request failed: ${request.url()}: ${reason}`);
    });
  }

  /** Opens a tab. */
  async open(fragment = '#/'): Promise<ConsolePage> {
    const page = new ConsolePage(await this.context.newPage(), this);
    await page.page.goto(`${this.origin}/${fragment}`);
    await page.settled();
    return page;
  }

  /** Says of a test that the browser reports this. */
  expectProblem(pattern: RegExp): void {
    this.expected.push(pattern);
  }

  /** What a test has not expected, once. */
  takeUnexpected(): string[] {
    const expected = this.expected.splice(0);
    return this.problems.splice(0).filter((text) => !expected.some((pattern) => pattern.test(text)));
  }
}

/** A console over a store, for the tests of a file; to be called inside `describeInBrowser`. */
export function useConsole<Store extends ServedStore>(
  start: () => Promise<Store>,
  settings: Partial<ConsoleSettings> = {},
): { console: ConsoleInBrowser; store: () => Store } {
  jest.setTimeout(120_000);
  const console = new ConsoleInBrowser();
  let store: Store | undefined;
  beforeAll(async () => {
    store = await start();
    await console.start(store.deps, settings);
  }, TIME_LIMIT * 2);
  afterEach(() => console.endTest());
  afterAll(async () => {
    await console.stop();
    store?.stop();
  });
  return {
    console,
    store: () => {
      if (!store) throw new Error('expected a store that runs');
      return store;
    },
  };
}

export type { Page };
