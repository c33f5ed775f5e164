import { spawnSync } from 'node:child_process';

/** What a whole process used, its children included. */
export interface Usage {
  /** User and system time together. */
  cpuSeconds: number;
  wallSeconds: number;
}

/** Runs a shell command and measures it by the shell's own clock of its children, which counts milliseconds. */
export function measure(command: string): Usage {
  const script = `TIMEFORMAT='%3U %3S %3R'; time { ${command} > /dev/null; }`;
  const { stderr } = run(script);
  const [user, system, wall] = lastLine(stderr).split(' ').map(Number) as [number, number, number];
  return { cpuSeconds: user + system, wallSeconds: wall };
}

/** The largest resident size of any process of a command, in MB; undefined without GNU time. */
export function peakMegabytes(command: string): number | undefined {
  if (!isInstalled('/usr/bin/time')) return undefined;
  const { stderr } = run(`/usr/bin/time -f %M bash -c ${quote(`${command} > /dev/null`)}`);
  return Number(lastLine(stderr)) / 1024;
}

/** What a command prints. */
export function output(command: string): string {
  return run(command).stdout;
}

export function isInstalled(program: string): boolean {
  return spawnSync('bash', ['-c', `command -v ${quote(program)}`]).status === 0;
}

export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function run(script: string): { stdout: string; stderr: string } {
  const settings = { encoding: 'utf8', maxBuffer: 2 ** 30 } as const;
  const { stdout, stderr, status } = spawnSync('bash', ['-o', 'pipefail', '-c', script], settings);
  if (status !== 0) throw new Error(`failed with status ${status}: ${script}\n${stderr}`);
  return { stdout, stderr };
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}
