import { statSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { ClassicLevel } from 'classic-level';
import { TrailError } from '../shared/errors.ts';
import { makeFolder } from './make-folder.ts';

/** Creates a folder of a store and its parents, for this user only: a quarantine holds unredacted records. */
export async function makePrivateFolder(folder: string): Promise<void> {
  await makeFolder(folder, 0o700);
}

/** Whether a folder exists. An unreadable one counts: opening it tells why it cannot be used. */
export function isThere(folder: string): boolean {
  try {
    statSync(folder);
    return true;
  } catch (error) {
    return !/^(ENOENT|ENOTDIR)$/.test(String((error as NodeJS.ErrnoException).code));
  }
}

/**
 * Locks a folder for this process. The lock is an open database beside the folder; it ends with the process, even if killed.
 * @returns a function that releases the lock
 * @throws {TrailError} `store-in-use` if another process has the folder; `store-unusable` if it cannot be opened
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const lock = await openDatabase(folder, `${folder}.lock`);
  return () => lock.close();
}

/** Opens and closes a folder's database. If that fails inside the embedded DynamoDB, it ends the process. */
export async function tryDatabase(folder: string): Promise<void> {
  const database = await openDatabase(folder, folder);
  await database.close();
}

async function openDatabase(folder: string, path: string): Promise<ClassicLevel> {
  // In a bundle, an import() of CommonJS has no other names.
  const { default: level } = await import('classic-level');
  try {
    await makePrivateFolder(path);
    const database = new level.ClassicLevel(path);
    await database.open();
    return database;
  } catch (error) {
    throw folderError(folder, error);
  }
}

/** How long to wait for a folder that another process has locked: often that process is starting or ending. */
const WAIT_MS = 5_000;
const POLL_MS = 25;

/** Repeats an attempt that throws `store-in-use`, for some seconds. */
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

export const isInUse = (error: unknown): boolean => error instanceof TrailError && error.code === 'store-in-use';

/** The error to report for a folder that cannot be used. */
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
    `the store ${folder} cannot be opened (${why}): expected a writable folder, or name another with --store`,
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
    return { ...running, stop: () => running.stop().then(unlock) };
  } catch (error) {
    await unlock();
    throw error;
  }
}
