/**
 * What it costs to ask: how long commands over a local store take as whole processes, and questions beside the bare requests
 * that they send.
 *
 *     npm run bench:query -- [--rounds 15] [--events 10000]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { LOCAL_CREDENTIALS, LOCAL_REGION, LOCAL_TABLES } from '../local/local-names.ts';
import { toAuditEvent } from '../shared/audit-event/to-audit-event.ts';
import { createDynamoClient } from '../shared/aws/dynamodb.ts';
import { DAY_MS } from '../shared/cloudtrail/times.ts';
import { type QueryDeps, readPage } from '../shared/query/ask.ts';
import { readCriteria } from '../shared/query/criteria.ts';
import { readNewest } from '../shared/query/newest.ts';
import { summarise } from '../shared/query/summary.ts';
import { toEventItem } from '../shared/store/event-item.ts';
import type { Item } from '../shared/store/item.ts';
import { generateLogFile } from './generate.ts';
import { measure, median, output, quote, type Usage } from './measure.ts';

const ROOT = join(import.meta.dirname, '..');
const STORE = join(tmpdir(), 'mwaa-trail-bench', 'query-store');

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { rounds: { type: 'string', default: '15' }, events: { type: 'string', default: '10000' } },
  });
  const rounds = Number(values.rounds);
  console.log(`${cpus()[0]?.model}, ${cpus().length} CPUs, Node ${process.version}, ${new Date().toISOString()}\n`);
  measureCommands(rounds);
  await measureQuestions(Number(values.events), rounds);
}

/** Commands over the samples, in turns; the first one of all fills the cache of compiled code. */
function measureCommands(rounds: number): void {
  const node = quote(process.execPath);
  const program = `${node} ${quote(join(ROOT, 'dist/cli/mwaa-trail.cjs'))}`;
  const store = `--store ${quote(STORE)}`;
  const sample = join(ROOT, 'events/log-files/every-kind-of-principal.json');
  if (!existsSync(STORE)) output(`${program} replay ${store}`);
  const contestants = Object.entries({
    'node -e 0': `${node} -e 0`,
    '--help': `${program} --help`,
    'scan (30 KB)': `${program} scan ${quote(sample)}`,
    'completion bash': `${program} completion bash`,
    'query --limit 1': `${program} query ${store} --limit 1`,
    'query --limit 1, first start': `NODE_DISABLE_COMPILE_CACHE=1 ${program} query ${store} --limit 1`,
    summary: `${program} summary ${store}`,
    detect: `${program} detect ${store}`,
  }).map(([name, command]) => ({ name, command, usages: [] as Usage[] }));
  for (const { command } of contestants) measure(command);
  for (let round = 0; round < rounds; round++) {
    for (const { command, usages } of contestants) usages.push(measure(command));
  }
  const of = (usages: readonly Usage[], what: keyof Usage) => median(usages.map((usage) => usage[what])) * 1000;
  const floor = of(contestants[0]?.usages ?? [], 'wallSeconds');
  console.log('| command | CPU ms | ms | to `node -e 0` |\n|---|---|---|---|');
  for (const { name, usages } of contestants) {
    const [cpu, wall] = [of(usages, 'cpuSeconds'), of(usages, 'wallSeconds')];
    console.log(`| ${name} | ${cpu.toFixed(0)} | ${wall.toFixed(0)} | ${(wall / floor).toFixed(1)}x |`);
  }
}

/** The store is an embedded DynamoDB in another process: only the CPU of the questions counts. */
async function measureQuestions(events: number, rounds: number): Promise<void> {
  const child = fork(join(import.meta.dirname, 'servers.ts'), { stdio: 'inherit' });
  const [{ dynamo: endpoint }] = (await once(child, 'message')) as [{ dynamo: string }];
  const dynamo = createDynamoClient({ region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS, endpoint });
  await fill(dynamo, events);
  const criteria = readCriteria({}, START + DAY_MS);
  const questions = {
    'first page, 100 events': (deps: QueryDeps) =>
      readPage({ criteria, order: 'newest-first', limit: 100, after: undefined }, deps),
    [`reading ${events} events`]: (deps: QueryDeps) => readNewest(criteria, deps, events, () => {}),
    [`summary of ${events} events`]: (deps: QueryDeps) => summarise(criteria, deps, events),
  };
  console.log(
    '\n| question | requests | CPU ms | ms | CPU to the bare requests | time to them |\n|---|---|---|---|---|---|',
  );
  for (const [name, ask] of Object.entries(questions)) {
    const { deps, sent } = recording(dynamo);
    await ask(deps);
    const inputs = [...sent];
    const [asked, bare]: [Usage[], Usage[]] = [[], []];
    for (let round = -5; round < rounds; round++) {
      const one = await usageOf(() => ask(deps));
      const other = await usageOf(() => readBare(dynamo, inputs));
      // The first rounds compile what is hot.
      if (round < 0) continue;
      asked.push(one);
      bare.push(other);
    }
    const ratio = (what: keyof Usage) => median(asked.map((usage, i) => usage[what] / (bare[i]?.[what] ?? Number.NaN)));
    const of = (what: keyof Usage) => (median(asked.map((usage) => usage[what])) * 1000).toFixed(1);
    const ratios = `${ratio('cpuSeconds').toFixed(2)}x | ${ratio('wallSeconds').toFixed(2)}x`;
    console.log(`| ${name} | ${inputs.length} | ${of('cpuSeconds')} | ${of('wallSeconds')} | ${ratios} |`);
  }
  child.disconnect();
}

const START = Date.UTC(2026, 10, 23);

/** Stores events of one day. */
async function fill(dynamo: DynamoDBClient, events: number): Promise<void> {
  const text = [...generateLogFile({ bytes: 1e12, share: 1, seed: 1, records: events, start: START })].join('');
  const records = JSON.parse(text).Records as object[];
  const items = records.flatMap((record, recordIndex): Item[] => {
    const context = { logFile: 'b/k', recordIndex, keyAccount: undefined, now: START + DAY_MS };
    const read = toAuditEvent(JSON.stringify(record), context);
    return read.kind === 'event' ? [toEventItem(read.event, { ingestedAt: '2026-11-24T00:00:00.000Z' })] : [];
  });
  for (let at = 0; at < items.length; at += 25) {
    const puts = items.slice(at, at + 25).map((Item) => ({ PutRequest: { Item } }));
    await dynamo.send(new BatchWriteItemCommand({ RequestItems: { [LOCAL_TABLES.eventsTable]: puts } }));
  }
  const day = { listing: { S: 'days' }, environmentKey: { S: '2026-11-23' } };
  await dynamo.send(new PutItemCommand({ TableName: LOCAL_TABLES.environmentsTable, Item: day }));
}

/** A store that writes down the queries that it is sent. */
function recording(dynamo: DynamoDBClient): { deps: QueryDeps; sent: QueryCommandInput[] } {
  const sent: QueryCommandInput[] = [];
  const send = (command: QueryCommand, ...rest: []) => {
    sent.push(command.input);
    return dynamo.send(command, ...rest);
  };
  const recorder = Object.assign(Object.create(dynamo) as DynamoDBClient, { send });
  return { deps: { dynamo: recorder, tables: LOCAL_TABLES, now: () => START + DAY_MS }, sent };
}

/** Sends the same queries one after the other, and takes the values out of the items. */
async function readBare(dynamo: DynamoDBClient, inputs: readonly QueryCommandInput[]): Promise<object[]> {
  const rows: object[] = [];
  for (const input of inputs) {
    const { Items = [] } = await dynamo.send(new QueryCommand(input));
    rows.push(
      ...Items.map((item) => Object.fromEntries(Object.entries(item).map(([name, one]) => [name, plain(one)]))),
    );
  }
  return rows;
}

const plain = (value: AttributeValue): unknown => Object.values(value)[0];

async function usageOf(work: () => Promise<unknown>): Promise<Usage> {
  const [cpu, wall] = [process.cpuUsage(), performance.now()];
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return { cpuSeconds: (user + system) / 1e6, wallSeconds: (performance.now() - wall) / 1000 };
}

await main();
