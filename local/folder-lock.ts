import { statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { TrailError } from '../shared/errors.ts';

/** Makes a folder of a store, and those above it, for this user only: a quarantine has records unredacted. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
}

/** Whether a folder is there. One that this user may not look into counts: opening it says why it cannot be used. */
export function isThere(folder: string): boolean {
  try {
    statSync(folder);
    return true;
  } catch (error) {
    return !/^(ENOENT|ENOTDIR)$/.test(String((error as NodeJS.ErrnoException).code));
  }
}

/**
 * Keeps a folder for this process: a database beside it is held open as a lock, which ends with the process, however it ends.
 * @returns what releases the lock
 * @throws {TrailError} `store-in-use` when another process has it; `store-unusable` when the folder cannot be opened
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const { ClassicLevel } = await import('classic-level');
  try {
    await makePrivateFolder(`${folder}.lock`);
    const lock = new ClassicLevel(`${folder}.lock`);
    await lock.open();
    return () => lock.close();
  } catch (error) {
    throw folderError(folder, error);
  }
}

/** How long to wait for a folder that another process has: often it has just begun, or is about to end. */
const WAIT_MS = 5_000;
const POLL_MS = 25;

/**
 * Tries until a folder is not in use, for seconds.
 * @param attempt what may throw `store-in-use`
 */
export async function untilFree<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isInUse(error) || Date.now() > deadline) throw error;
    }
    await setTimeout(POLL_MS);
  }
}

/** Opens a folder's database and closes it again. The embedded DynamoDB, which cannot, would die of an uncaught error. */
export async function tryDatabase(folder: string): Promise<void> {
  const { ClassicLevel } = await import('classic-level');
  try {
    await makePrivateFolder(folder);
    const database = new ClassicLevel(folder);
    await database.open();
    await database.close();
  } catch (error) {
    throw folderError(folder, error);
  }
}

export const isInUse = (error: unknown): boolean => error instanceof TrailError && error.code === 'store-in-use';

/** What is said of a folder that cannot be used. */
export function folderError(folder: string, error: unknown): TrailError {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  const why = cause?.code ?? code ?? 'unknown error';
  if (why === 'LEVEL_LOCKED') {
    return new TrailError(
      'store-in-use',
      `the store ${folder} is open in another process: wait for it, or name another with --store`,
    );
  }
  return new TrailError(
    'store-unusable',
    `the store ${folder} cannot be opened (${why}): expected a folder that may be written, or name another with --store`,
    { cause: error },
  );
}

/** Starts a server that has a folder to itself: the folder is locked until the server has stopped. */
export async function startLocked<T extends { stop(): Promise<void> }>(
  folder: string,
  start: () => Promise<T>,
): Promise<T> {
  const unlock = await lockFolder(folder);
  try {
    const running = await start();
    return {
      ...running,
      stop: async () => {
        await running.stop();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}
