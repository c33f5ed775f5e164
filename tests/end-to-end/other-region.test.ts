import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LOCAL_CREDENTIALS, LOCAL_REGION } from '../../local/local-names.ts';
import { createS3Client } from '../../shared/aws/s3.ts';
import { writePublicKeys } from '../../shared/integrity/public-keys.ts';
import { temporaryFolder } from '../support/cli.ts';
import { awsSettings, runInProcess } from '../support/program.ts';
import { type RegionalS3, startRegionalS3 } from '../support/s3-regions.ts';
import { useServers } from '../support/servers.ts';
import { publicKeysByRegion } from '../support/signed-trail.ts';
import { createTamperWorld, type TamperWorld } from '../support/tampering.ts';
import { createWorld, putLogFile, quarantined, s3Event, storedEvents } from '../support/world.ts';

const record = (eventID: string) => ({
  eventSource: 'airflow.amazonaws.com',
  eventName: 'UpdateEnvironment',
  eventTime: '2026-11-02T09:10:00Z',
  eventID,
});

const folder = temporaryFolder();
const keyFile = join(folder.path, 'keys.json');
const servers = useServers();
let regional: RegionalS3;
let trail: TamperWorld;
beforeAll(async () => {
  regional = await startRegionalS3(servers.s3.endpoint);
  trail = await createTamperWorld(servers, [{ hours: 4 }]);
  regional.regions.set(trail.signed.bucket, 'eu-south-1');
  await writeFile(keyFile, writePublicKeys(publicKeysByRegion()));
});
afterAll(async () => {
  folder.remove();
  await regional.proxy.stop();
});

function run(...args: string[]) {
  const endpoints = { s3: regional.proxy.endpoint, dynamo: servers.dynamo.endpoint };
  return runInProcess(args, { ...awsSettings(endpoints), AWS_REGION: LOCAL_REGION });
}

describe('the log bucket and the quarantine are in other Regions than the stack', () => {
  test('ingest of valid files, invalid files and invalid records; then the quarantine', async () => {
    const settings = { endpoint: regional.proxy.endpoint, region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
    const s3 = createS3Client({ S3_FORCE_PATH_STYLE: 'true' }, settings);
    const world = await createWorld(servers, {}, { s3 });
    regional.regions.set(world.logBucket, 'eu-west-1').set(world.quarantineBucket, 'eu-central-1');
    const files = [
      await putLogFile(world, 'good', [record('e1')]),
      await putLogFile(world, 'partly', [record('e2'), 7]),
      await putLogFile(world, 'bad', Buffer.from('{"Records":[')),
    ];
    await world.handle(s3Event(...files));
    expect([...(await storedEvents(world)).keys()].sort()).toEqual(['e1', 'e2']);
    expect((await quarantined(world)).size).toBe(4);
    const { eventsTable } = world.deps.config;
    const quarantine = (...args: string[]) => run('quarantine', ...args, '--bucket', world.quarantineBucket);
    const entries = JSON.parse((await quarantine('list', '--format', 'json')).stdout) as { id: string }[];
    expect(entries).toHaveLength(2);
    const replayed = await quarantine('replay', ...entries.map(({ id }) => id), '--table', eventsTable);
    expect(replayed.stderr).not.toMatch(/Redirect|HTTP 301/);
    expect(replayed.stdout).toMatch(/json-truncated/);
    regional.regions.delete(world.logBucket);
    s3.destroy();
  });

  test('backfill', async () => {
    const world = await createWorld(servers);
    const args = [
      '--table',
      world.deps.config.eventsTable,
      '--quarantine',
      world.quarantineBucket,
      '--since',
      '2031-01-01',
    ];
    const { code, stderr } = await run('backfill', `s3://${trail.signed.bucket}`, ...args);
    expect(stderr).not.toMatch(/Redirect|HTTP 301/);
    expect(code).toBe(0);
    expect((await storedEvents(world)).size).toBe((await storedEvents(trail)).size);
  });

  test('verify, evidence, coverage', async () => {
    const bucket = `s3://${trail.signed.bucket}`;
    const table = ['--table', trail.deps.config.eventsTable];
    expect(await run('verify', bucket, '--until', '2031-03-05', '--public-keys', keyFile, ...table)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nVerified: /),
    });
    const { eventID } = JSON.parse(trail.trails[0]!.trail.logFiles[2]!.text).Records[1] as { eventID: string };
    const out = join(folder.path, 'evidence.json');
    expect(await run('evidence', eventID, '--out', out, '--public-keys', keyFile, ...table)).toMatchObject({ code: 0 });
    const times = ['--since', '2031-03-01', '--until', '2031-03-05'];
    const rows = JSON.parse((await run('coverage', ...times, '--bucket', bucket, ...table, '--format', 'json')).stdout);
    expect(rows).toMatchObject([{ delivered: 8, ingested: 8, missing: 0, gone: 0 }]);
  });
});
