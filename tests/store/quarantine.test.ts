import { expect, test } from '@jest/globals';
import { LOCAL_LOG_BUCKET } from '../../local/local-names.ts';
import {
  listQuarantine,
  putReason,
  type QuarantineReason,
  quarantineFile,
  quarantineRecord,
  removeFromQuarantine,
} from '../../shared/store/quarantine.ts';
import { VERSION } from '../../shared/version.ts';
import { useServers } from '../support/servers.ts';
import { createWorld, putObject, quarantined, type World } from '../support/world.ts';

const servers = useServers();

test('a log file: a copy and the reason, listed with an id that stays', async () => {
  const world = await createWorld(servers);
  const reason = await setFileAside(world, 'a.json.gz', 'bytes');
  const { entries } = await list(world);
  expect(entries).toEqual([
    { id: expect.stringMatching(/^[0-9a-f]{16}$/), name: nameOf(reason), ...reason, size: 5, codeVersion: VERSION },
  ]);
  await putReason(world.s3, world.quarantineBucket, nameOf(reason), { ...reason, reason: 'another' });
  expect((await list(world)).entries).toEqual([{ ...entries[0], reason: 'another' }]);
  expect((await quarantined(world)).get(nameOf(reason))?.toString()).toBe('bytes');
});

test('a record of it, and one of a file that was missing, which has no bytes', async () => {
  const world = await createWorld(servers);
  const record = { ...about('a.json.gz'), recordIndex: 3, recordOffset: 40 };
  await quarantineRecord(world.s3, world.quarantineBucket, Buffer.from('{}'), record);
  await quarantineFile(world.s3, world.quarantineBucket, { ...about('b.json.gz'), reason: 'object-missing' });
  const { entries } = await list(world);
  expect(entries).toMatchObject([{ key: 'b.json.gz' }, { ...record, size: 2 }]);
  expect(entries[0]).not.toHaveProperty('size');
});

test('two bad states of one object are kept apart; one that an earlier version set aside is found, too', async () => {
  const world = await createWorld(servers);
  const first = await setFileAside(world, 'a.json.gz', 'first');
  const second = await setFileAside(world, 'a.json.gz', 'second', '2026-11-20T12:00:01.000Z');
  const old = { ...about('a.json.gz', '2026-11-20T12:00:02.000Z'), etag: 'old' };
  const name = `files/${old.bucket}/${old.key}`;
  await putObject(world, name, Buffer.from('older'), world.quarantineBucket);
  await putObject(world, `${name}.reason.json`, Buffer.from(JSON.stringify(old)), world.quarantineBucket);
  const { entries, unrecognized } = await list(world);
  expect(entries).toMatchObject([
    { ...first, size: 5 },
    { ...second, size: 6 },
    { ...old, size: 5, name },
  ]);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(3);
  expect(unrecognized).toEqual([]);
});

test('the oldest first; only some of them', async () => {
  const world = await createWorld(servers);
  await setFileAside(world, 'a.json.gz', 'a', '2026-11-20T12:00:02.000Z');
  await setFileAside(world, 'b.json.gz', 'b', '2026-11-20T12:00:01.000Z');
  const { entries } = await list(world);
  expect(entries.map(({ key }) => key)).toEqual(['b.json.gz', 'a.json.gz']);
  expect((await list(world, new Set([entries[1]!.id]))).entries).toEqual([entries[1]]);
});

test('a removal takes bytes and reason, can be repeated, and leaves others', async () => {
  const world = await createWorld(servers);
  const a = await setFileAside(world, 'a.json.gz', 'a');
  const b = await setFileAside(world, 'a.json.gz.json', 'b');
  for (let time = 0; time < 2; time += 1) {
    await removeFromQuarantine(world.s3, world.quarantineBucket, { name: nameOf(a) });
    expect([...(await quarantined(world)).keys()]).toEqual([nameOf(b), `${nameOf(b)}.reason.json`]);
  }
});

test('a log file whose key ends like a reason, and things of others', async () => {
  const world = await createWorld(servers);
  const named = await setFileAside(world, 'x.reason.json', '{"not":"a reason"}');
  await putObject(world, 'notes.reason.json', Buffer.from('not JSON'), world.quarantineBucket);
  const moved = Buffer.from(JSON.stringify(about('elsewhere')));
  await putObject(world, 'files/moved.reason.json', moved, world.quarantineBucket);
  const { entries, unrecognized } = await list(world);
  expect(entries).toMatchObject([named]);
  expect(unrecognized.sort()).toEqual(['files/moved.reason.json', 'notes.reason.json']);
});

test('more than a page of them', async () => {
  const world = await createWorld(servers);
  for (let i = 0; i < 510; i += 1) {
    const record = { ...about('a.json.gz'), recordIndex: i };
    await quarantineRecord(world.s3, world.quarantineBucket, Buffer.from('{}'), record);
  }
  const { entries } = await list(world);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(510);
});

function about(key: string, quarantinedAt = '2026-11-20T12:00:00.000Z'): QuarantineReason {
  return {
    reason: 'json-syntax',
    detail: 'expected JSON',
    bucket: LOCAL_LOG_BUCKET,
    key,
    etag: 'an-etag',
    quarantinedAt,
  };
}

const nameOf = ({ bucket, key, etag }: QuarantineReason) => `files/${bucket}/${key}/${etag}`;

const list = ({ s3, quarantineBucket }: World, ids?: ReadonlySet<string>) => listQuarantine(s3, quarantineBucket, ids);

async function setFileAside(world: World, key: string, bytes: string, time?: string): Promise<QuarantineReason> {
  const { etag } = await putObject(world, key, Buffer.from(bytes), LOCAL_LOG_BUCKET);
  const reason = { ...about(key, time), etag };
  await quarantineFile(world.s3, world.quarantineBucket, reason);
  return reason;
}
