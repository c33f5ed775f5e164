import { spawn } from 'node:child_process';

/** The program of each platform that opens an address, without a shell. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/**
 * Opens an address in the browser of the user, and does not wait for it.
 * @param failed called if there is no browser
 */
export function openBrowser(url: string, env: NodeJS.ProcessEnv, failed: () => void): void {
  const [program, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(program, [...args, url], { env, stdio: 'ignore', detached: true });
  child.once('error', failed).once('exit', (code) => {
    if (code !== 0) failed();
  });
  // Some openers stay as long as the browser.
  child.unref();
}
