import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from '@jest/globals';
import { type Browser, chromium } from 'playwright-core';
import { ROOT } from './cli.ts';

/** A Chromium for Linux x64 from npm, compressed. */
const PACKAGE = join(ROOT, 'node_modules', '@sparticuz', 'chromium');

/** Where installers put browsers that are made from Chromium. */
const INSTALLED: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    '/usr/bin/google-chrome',
    '/usr/bin/google-chrome-stable',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/microsoft-edge',
  ],
  darwin: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  ],
  win32: [process.env.ProgramFiles ?? '', process.env['ProgramFiles(x86)'] ?? ''].flatMap((folder) => [
    join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'),
    join(folder, 'Microsoft', 'Edge', 'Application', 'msedge.exe'),
  ]),
};

/** Returns what gives the program of a browser, or undefined if this machine has none. */
function browserProgram(): (() => string) | undefined {
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(PACKAGE)) return unpackedChromium;
  const installed = INSTALLED[process.platform]?.find((path) => existsSync(path));
  return installed === undefined ? undefined : () => installed;
}

const PROGRAM = browserProgram();

/** A `describe` that is skipped, and counted as skipped, on a machine without a browser. */
export function describeInBrowser(name: string, tests: () => void): void {
  if (PROGRAM) describe(name, tests);
  else test.skip(`${name}: no browser was found, see tests/support/browser.ts`, () => {});
}

/** Starts a browser without a window. */
export function startBrowser(): Promise<Browser> {
  if (!PROGRAM) throw new Error('expected a browser on this machine');
  // In containers, where root runs the tests, there is no sandbox. Everything else is as users have it.
  return chromium.launch({ executablePath: PROGRAM(), args: ['--no-sandbox', '--disable-gpu'] });
}

/** Unpacks the package's Chromium into the temporary folder, once for each version. */
function unpackedChromium(): string {
  const { version }: { version: string } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'));
  const program = join(tmpdir(), `mwaa-trail-chromium-${version}`, 'chromium');
  if (existsSync(program)) return program;
  const unpacking = mkdtempSync(join(tmpdir(), 'mwaa-trail-chromium-'));
  // A process of its own: the package unpacks into the temporary folder, whose files others may be reading.
  execFileSync(
    process.execPath,
    ['--input-type=module', '--eval', "await (await import('@sparticuz/chromium')).default.executablePath()"],
    { cwd: ROOT, env: { ...process.env, TMPDIR: unpacking } },
  );
  try {
    renameSync(unpacking, dirname(program));
  } catch (error) {
    // Another test file was faster.
    if (!existsSync(program)) throw error;
    rmSync(unpacking, { recursive: true });
  }
  return program;
}
