import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { embeddedSettings } from '../../../local/local-names.ts';
import type { Config } from '../../../shared/config.ts';

/** What a child process is to do: deliver messages to the ingest function until each is acknowledged or dead. */
export interface Task {
  environment: Record<string, string>;
  bodies: (object | string)[];
  maxReceives: number;
}

export type FromChild =
  | { kind: 'acknowledged'; messageId: string }
  | { kind: 'done'; dead: string[]; milliseconds: number; maxRssBytes: number };

export interface Ended {
  /** Messages that were acknowledged before the end. */
  acknowledged: string[];
  /** Absent when the process died before. */
  done?: FromChild & { kind: 'done' };
  signal: NodeJS.Signals | null;
}

/** Child processes with the ingest function, from one bundle. */
export class IngestProcesses {
  private readonly folder = mkdtempSync(join(tmpdir(), 'mwaa-trail-faults-'));
  private readonly bundle = join(this.folder, 'ingest-child.cjs');
  private readonly running = new Set<ChildProcess>();

  async build(): Promise<void> {
    await build({
      entryPoints: [fileURLToPath(new URL('./ingest-child.ts', import.meta.url))],
      outfile: this.bundle,
      format: 'cjs',
      mainFields: ['module', 'main'],
      platform: 'node',
      target: 'node24',
      bundle: true,
      logLevel: 'error',
    });
  }

  /** Starts a process that waits for its task. */
  start(nodeOptions: readonly string[] = []): IngestProcess {
    const stdio: ['ignore', 'ignore', 'ignore', 'ipc'] = ['ignore', 'ignore', 'ignore', 'ipc'];
    const child = spawn(process.execPath, [...nodeOptions, this.bundle], { stdio, env: { PATH: process.env.PATH } });
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    return new IngestProcess(child);
  }

  stop(): void {
    for (const child of this.running) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class IngestProcess {
  private readonly child: ChildProcess;

  constructor(child: ChildProcess) {
    this.child = child;
  }

  /** Sends the task, and waits for the process to end in any way. */
  run(task: Task): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const ended: Ended = { acknowledged: [], signal: null };
      this.child.on('message', (message: FromChild) => {
        if (message.kind === 'acknowledged') ended.acknowledged.push(message.messageId);
        else ended.done = message;
      });
      this.child.once('error', reject);
      // All messages have come by then.
      this.child.once('close', (_, signal) => resolve({ ...ended, signal }));
      this.child.send(task);
    });
  }

  /** Kills the process, like a machine that fails. */
  kill(): void {
    this.child.kill('SIGKILL');
  }
}

/** The environment of the function in a child process. */
export function environmentOf(config: Config, endpoints: { s3: string; dynamo: string }): Record<string, string> {
  return {
    EVENTS_TABLE: config.eventsTable,
    LOG_FILES_TABLE: config.logFilesTable,
    ENVIRONMENTS_TABLE: config.environmentsTable,
    QUARANTINE_BUCKET: config.quarantineBucket ?? '',
    LIVE_ACCOUNTS: config.liveAccounts.join(),
    ...embeddedSettings(endpoints),
  };
}
