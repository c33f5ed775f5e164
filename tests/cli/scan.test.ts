import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from '@jest/globals';
import { readScan, runScan } from '../../cli/scan/scan.ts';
import { runCli } from '../support/cli.ts';
import { runAsText } from '../support/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'mwaa-trail-scan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const KEPT = '{"eventSource":"airflow.amazonaws.com","a b":"c \\u0064 \\" e","n":[1.0,-0,1E400],"o":{}}';
const SPACED =
  '{ "eventSource" : "airflow.amazonaws.com",\n\t"a b":"c \\u0064 \\" e", "n" :[ 1.0 ,-0, 1E400 ],"o":{ } }';
const OTHER = '{"eventSource":"s3.amazonaws.com"}';
const good = file('good.json.gz', gzipSync(`{"Records":[${SPACED},${OTHER},\n${KEPT}]}`));

describe('prints', () => {
  test('kept records in file order, without white space between tokens', async () => {
    expect(await scan([good])).toEqual({ status: 0, stdout: `${KEPT}\n${KEPT}\n`, stderr: '' });
  });

  test('records of other sources', async () => {
    const argv = ['--event-source', 's3.amazonaws.com', '--event-source=airflow.amazonaws.com', good];
    expect((await scan(argv)).stdout).toBe(`${KEPT}\n${OTHER}\n${KEPT}\n`);
    expect((await scan(['--event-source', 's3.amazonaws.com', good])).stdout).toBe(`${OTHER}\n`);
  });

  test('only the count', async () => {
    expect(await scan([good, '--count'])).toEqual({ status: 0, stdout: '2\n', stderr: '' });
  });

  test('nothing if nothing is found', async () => {
    expect(await scan([good, '--event-source', 'x'])).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('what stands in the standard input', async () => {
    const stdin = Readable.from([Buffer.from('{"Records":['), Buffer.from(`${KEPT}]}`)]);
    expect((await scan(['-'], { stdin })).stdout).toBe(`${KEPT}\n`);
  });

  test('the same through the parser of the program', async () => {
    for (const argv of [
      [good],
      ['--count', '--', good],
      ['--event-source', 's3.amazonaws.com', '--event-source=x', good],
    ]) {
      const { status, ...printed } = await scan(argv);
      expect(await runAsText(['scan', ...argv])).toEqual({ code: status, ...printed });
    }
  });
});

describe('output of lookup-events', () => {
  const event = (record: unknown) => ({ EventId: 'x', CloudTrailEvent: record });
  const text = JSON.stringify({ Events: [event(OTHER), event(SPACED), event(KEPT)] }, null, 4);
  const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');

  test.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-16, as PowerShell writes it', utf16],
    ['UTF-16, big-endian', Buffer.from(utf16).swap16()],
    ['gzipped', gzipSync(text)],
    ['gzipped UTF-16', gzipSync(utf16)],
    ['gzip members', Buffer.concat(['{', ' ', '', text.slice(1)].map((part) => gzipSync(part)))],
  ])('%s: from a file, and from the standard input byte by byte', async (name, bytes) => {
    const printed = { status: 0, stdout: `${KEPT}\n${KEPT}\n`, stderr: '' };
    const path = file(`lookup ${name}.json`, bytes);
    expect(await scan([path])).toEqual(printed);
    expect(await scan([path, '--count'])).toEqual({ ...printed, stdout: '2\n' });
    const stdin = Readable.from([...bytes].map((byte) => Buffer.from([byte])));
    expect(await scan(['-'], { stdin })).toEqual(printed);
  });

  test('an event without a record is named, and the others are printed', async () => {
    const bad = file('lookup-bad.json', Buffer.from(JSON.stringify([event(KEPT), event(7), event('{')])));
    expect(await scan([bad])).toEqual({
      status: 1,
      stdout: `${KEPT}\n`,
      stderr:
        `mwaa-trail scan: ${bad}: no-cloudtrail-event at Events[1]: expected an event with its record as the text CloudTrailEvent\n` +
        `mwaa-trail scan: ${bad}: not-an-object at Events[2]: expected an object\n`,
    });
  });
});

test('a log file in UTF-16, gzipped or not', async () => {
  const text = Buffer.from(`\uFEFF{"Records":[${OTHER},${KEPT}]}`, 'utf16le');
  for (const bytes of [text, Buffer.from(text).swap16(), gzipSync(text)]) {
    expect(await scan([file('utf16.json', bytes)])).toEqual({ status: 0, stdout: `${KEPT}\n`, stderr: '' });
  }
  expect(await scan([file('odd.json', text.subarray(0, -1))])).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('utf-16 at byte'),
  });
});

/** Runs the built program in a process in which other code ran before. */
function scanAfter(code: string, argv: readonly string[]) {
  const hook = file('hook.cjs', Buffer.from(code));
  return runCli(['scan', ...argv], folder, { NODE_OPTIONS: `--require ${hook}` });
}

test.each([
  'delete globalThis.WebAssembly;',
  'WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("no SIMD"); } };',
])('without WebAssembly: %s', async (code) => {
  expect(await scanAfter(code, [good])).toEqual({ code: 0, stdout: `${KEPT}\n${KEPT}\n`, stderr: '' });
});

test('the program loads no module that an ordinary file does not need: its start is most of the time', async () => {
  const hook = `const before = new Set(process.moduleLoadList);
    process.on('exit', () => {
      const names = process.moduleLoadList.filter((name) => !before.has(name));
      require('node:fs').writeSync(2, names.join());
    });`;
  const { stdout, stderr } = await scanAfter(hook, ['--count', good]);
  expect(stdout).toBe('2\n');
  const loaded = stderr.split(',');
  expect(loaded).toContain('NativeModule internal/util/parse_args/parse_args');
  for (const name of ['zlib', 'crypto', 'http']) expect(loaded).not.toContain(`NativeModule ${name}`);
});

describe('exit status', () => {
  test('1 for a bad file, which is named with place and expectation', async () => {
    const bad = file('bad.json', Buffer.from(`{"Records":[${KEPT},]}`));
    const stderr = `mwaa-trail scan: ${bad}: json-syntax at byte ${13 + KEPT.length} (uncompressed): expected a JSON value\n`;
    expect(await scan([bad])).toMatchObject({ status: 1, stderr });
  });

  test('1 for bad records, each named; the others are printed', async () => {
    const bytes = Buffer.from(`{"Records":[7,${KEPT},${KEPT.replace('c ', '\xff')}]}`, 'latin1');
    const bad = file('bad-records.json', bytes);
    expect(await scan([bad])).toEqual({
      status: 1,
      stdout: `${KEPT}\n`,
      stderr:
        `mwaa-trail scan: ${bad}: not-an-object at Records[0], byte 12 (uncompressed): expected an object\n` +
        `mwaa-trail scan: ${bad}: invalid-utf8 at Records[2], byte ${15 + KEPT.length} (uncompressed): expected valid UTF-8\n`,
    });
  });

  test('1 for a file that cannot be read', async () => {
    const missing = join(folder, 'missing');
    const expected = (path: string) => `mwaa-trail scan: ${path}: expected a CloudTrail log file, but `;
    const silent = { status: 1, stdout: '' };
    expect(await scan([missing])).toEqual({
      ...silent,
      stderr: `${expected(missing)}there is no such file or folder\n`,
    });
    expect(await scan([folder])).toEqual({ ...silent, stderr: `${expected(folder)}it is a folder\n` });
  });

  test.each([[[]], [['a', 'b']], [['--cuont', 'a']], [['--event-source']]])('2 for wrong usage: %j', async (argv) => {
    expect(readScan(argv)).toBeUndefined();
    const { stderr, ...ended } = await runAsText(['scan', ...argv]);
    expect(ended).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^mwaa-trail: .*\nRun 'mwaa-trail scan --help'\.\n$/);
  });

  test('0 when the reader of the output has gone', async () => {
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(broken) });
    expect(await scan([good], { stdout })).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('1 when the output cannot be written', async () => {
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(full) });
    expect(await scan([good], { stdout })).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no space left'),
    });
  });
});

function file(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

async function scan(argv: string[], streams: { stdin?: Readable; stdout?: Writable } = {}) {
  const stdout = new Sink();
  const stderr = new Sink();
  const request = readScan(argv);
  if (request === undefined) throw new Error(`expected arguments of scan: ${argv.join(' ')}`);
  const status = await runScan(request, { stdin: Readable.from([]), stdout, ...streams, stderr });
  return { status, stdout: stdout.text, stderr: stderr.text };
}

class Sink extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}
