import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { collectEvidence } from '../../shared/integrity/collect-evidence.ts';
import { type Evidence, readEvidence, verifyEvidence, writeEvidence } from '../../shared/integrity/evidence.ts';
import { givenKeys } from '../../shared/integrity/public-keys.ts';
import { evidenceText } from '../../shared/render/evidence.ts';
import type { DeliveredEvent } from '../../shared/store/event-item.ts';
import { getEvent } from '../../shared/store/events-table.ts';
import { SCHEMA_VERSION } from '../../shared/store/schema-version.ts';
import { scaled } from '../support/scale.ts';
import { useServers } from '../support/servers.ts';
import { digestBody, publicKeys, putTrailObject, signingKey } from '../support/signed-trail.ts';
import { createTamperWorld, type TamperWorld } from '../support/tampering.ts';

const servers = useServers();
let world: TamperWorld;
let evidence: Evidence;
beforeAll(async () => {
  world = await createTamperWorld(servers, [{ hours: 5 }], { prefix: 'audit/' });
  evidence = await evidenceOf(3);
});

async function evidenceOf(hour: number, since?: string): Promise<Evidence> {
  const { trail } = world.trails[0]!;
  const logFile = trail.logFiles.find((file) => file.hour === hour)!;
  const { eventID } = JSON.parse(logFile.text).Records[1];
  const event = await getEvent(world.dynamo, world.deps.config.eventsTable, eventID, 0);
  return collectEvidence(event as DeliveredEvent, logFile, since, { s3: world.s3, keys: publicKeys() });
}

const reread = () => readEvidence(writeEvidence(evidence));

describe('evidence', () => {
  test('proves an event, back to the start of the chain', async () => {
    const report = await verifyEvidence(reread());
    expect(report).toMatchObject({
      digests: 4,
      from: '2031-03-01T20:01:31.000Z',
      to: '2031-03-02T00:01:31.000Z',
      reachesStart: true,
      fingerprints: [signingKey('eu-west-1').publicKey.fingerprint],
      problems: [],
    });
  });

  test('back to a time', async () => {
    const report = await verifyEvidence(await evidenceOf(3, '2031-03-01T22:30:00.000Z'));
    expect(report).toMatchObject({ digests: 2, reachesStart: false, problems: [] });
  });

  test('says that it contains unredacted text, and does', () => {
    const text = writeEvidence(evidence);
    expect(text).toContain('unredacted');
    expect(text).not.toContain('secret-3');
    expect(Buffer.from(evidence.logFile.bytes)).toEqual(
      world.trails[0]!.trail.logFiles.find(({ hour }) => hour === 3)!.body,
    );
  });

  test('by other keys than those it brings', async () => {
    const { problems } = await verifyEvidence(reread(), givenKeys(new Map()));
    expect(problems).toHaveLength(4);
  });

  test('of another schema version proves the record: what was derived from it may have been otherwise then', async () => {
    const event = { ...evidence.event, action: 'as it was named then' } as DeliveredEvent;
    for (const schemaVersion of [1, SCHEMA_VERSION + 1]) {
      const older = readEvidence(writeEvidence({ ...evidence, event, schemaVersion }));
      const report = await verifyEvidence(older);
      expect(report).toMatchObject({ compared: 'record', problems: [] });
      expect(evidenceText(report, false)).toMatch(/only its record is compared.*Verified: the record is what/s);
      expect((await verifyEvidence({ ...older, event: { ...event, record: '{}' } })).problems).toHaveLength(1);
    }
    expect(await verifyEvidence({ ...evidence, event })).toMatchObject({
      compared: 'event',
      problems: [expect.stringMatching(/action/)],
    });
  });

  test('of the first version does not name its schema version, and can be read', () => {
    const { schemaVersion: _, ...first } = evidence;
    expect(readEvidence(writeEvidence(first as Evidence)).schemaVersion).toBe(1);
  });

  test('ends at a digest that is forged, and says so', async () => {
    const { trail } = world.trails[0]!;
    const digest = trail.digests[1]!;
    const text = JSON.stringify(digestBody(digest, digest));
    await putTrailObject(world.s3, { ...digest, body: gzipSync(text) });
    const { digests, problems } = await verifyEvidence(await evidenceOf(3));
    await putTrailObject(world.s3, digest);
    expect(digests).toBe(3);
    // It is not signed, and its successor names another hash.
    expect(problems).toHaveLength(2);
  });

  test('is not there for a log file that no digest names', async () => {
    const unnamed = world.signed.addUnreferenced({}, 2);
    await world.signed.upload(world.s3);
    const collected = collectEvidence(evidence.event, unnamed, undefined, { s3: world.s3, keys: publicKeys() });
    await expect(collected).rejects.toMatchObject({ code: 'no-digest' });
  });
});

describe('tampering', () => {
  test('a change of any byte of the file is found', () => {
    const text = Buffer.from(writeEvidence(evidence));
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(text);
        changed[at]! ^= flip;
        expect(() => readEvidence(changed.toString())).toThrow(/expected/);
      }),
      { numRuns: scaled(150, 5_000) },
    );
  });

  const changed = async (change: (evidence: Evidence) => Evidence) =>
    (await verifyEvidence(readEvidence(writeEvidence(change(evidence))))).problems;
  const withEvent = (members: object) => changed((all) => ({ ...all, event: { ...all.event, ...members } }));

  test.each([
    { eventId: 'other' },
    { recordIndex: 0 },
    { recordIndex: 7 },
    { contentHash: 'a'.repeat(64) },
    { principal: 'user/eve' },
    { user: 'eve' },
    { outcome: 'ok', mfa: true },
    { action: 'dag.list' },
    { parameters: ['Path'] },
    { environment: 'other' },
    { eventTime: '2031-03-01T00:00:00Z' },
    { record: '{}' },
    { logFile: 'b/AWSLogs/111122223333/CloudTrail/eu-west-1/2031/03/01/other.json.gz' },
  ])('the event, sealed again: %j', async (members) => {
    expect(await withEvent(members)).toEqual([expect.stringMatching(/^event: /)]);
  });

  test('the content of the log file, sealed again', async () => {
    const text = world.trails[0]!.trail.logFiles.find(({ hour }) => hour === 3)!.text.replace(
      'ListBuckets',
      'ListObjects',
    );
    const problems = await changed((all) => ({ ...all, logFile: { ...all.logFile, bytes: gzipSync(text) } }));
    expect(problems).toEqual([expect.stringMatching(/^log file: expected the SHA-256/)]);
  });

  test('the place of the log file, sealed again', async () => {
    expect(await changed((all) => ({ ...all, logFile: { ...all.logFile, bucket: 'other' } }))).toHaveLength(1);
  });

  test('any digest, sealed again: its content, metadata, place, or absence', async () => {
    for (const at of evidence.digests.keys()) {
      const other = evidence.digests[(at + 1) % evidence.digests.length]!;
      const changes = [
        { bytes: other.bytes },
        { metadata: other.metadata },
        { metadata: {} },
        { key: other.key },
        { bucket: 'other' },
      ];
      for (const change of changes) {
        const problems = await changed((all) => ({
          ...all,
          digests: all.digests.with(at, { ...all.digests[at]!, ...change }),
        }));
        expect(problems).not.toEqual([]);
      }
      // Without its oldest digests the chain is shorter, and says so.
      if (at === evidence.digests.length - 1) continue;
      expect(await changed((all) => ({ ...all, digests: all.digests.toSpliced(at, 1) }))).not.toEqual([]);
    }
  });

  test('the public keys, sealed again', async () => {
    const keys = new Map([
      ['eu-west-1', [{ ...signingKey('other').publicKey, fingerprint: signingKey('eu-west-1').publicKey.fingerprint }]],
    ]);
    expect(await changed((all) => ({ ...all, publicKeys: keys }))).toHaveLength(4);
    expect(await changed((all) => ({ ...all, publicKeys: new Map() }))).toHaveLength(4);
  });
});
