import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './cli.ts';

/** Environment variables with which a process, and each that it starts, notes in a file where its servers listen. */
export function recordListeners(file: string): Record<string, string> {
  return { LISTENERS_FILE: file, NODE_OPTIONS: `--require=${join(ROOT, 'tests', 'support', 'record-listeners.cjs')}` };
}

/** The IP addresses of the servers that were started, short-lived ones too. */
export function recordedAddresses(file: string): string[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => (JSON.parse(line) as { address: string }).address);
}

/** Whether the operating system tells which sockets a process has. */
export const KNOWS_SOCKETS = existsSync('/proc/self/net/tcp');

const LISTEN = '0A';

/** The TCP sockets on which a process and its children listen, as the operating system tells: `address:port`, in its own hexadecimal. */
export function listeningSockets(pid: number): string[] {
  const inodes = new Set(socketsOf(pid));
  return ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/self/net/${table}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === LISTEN && inodes.has(fields[9]!))
      .map((fields) => fields[1]!),
  );
}

function socketsOf(pid: number): string[] {
  const own = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return []; // Closed meanwhile.
    }
  });
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return [...own, ...children.flatMap((child) => socketsOf(Number(child)))];
}

/** 127.0.0.1 as the operating system writes it. */
export const LOOPBACK_SOCKET = /^0100007F:/;
