import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type HttpServer, startHttpServer } from '../../cli/serve/http-server.ts';
import { readEventAnswer } from '../../console/src/lib/event-answer.ts';
import { compareCommand, evidenceCommand, showCommand } from '../../console/src/lib/event-commands.ts';
import { neighboursOf } from '../../console/src/lib/neighbours.ts';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import { EVENT } from '../support/event-arbitrary.ts';
import { type SampleStore, sharedSampleStore } from '../support/sample-store.ts';

let store: SampleStore;
let server: HttpServer;
beforeAll(async () => {
  store = await sharedSampleStore();
  server = await startHttpServer(createApi(store.deps, { maxResponseBytes: MAX_RESPONSE_BYTES, failed: () => {} }), 0);
});
afterAll(async () => {
  await server.stop();
  store.stop();
});

const textOf = async (path: string) => {
  const response = await fetch(server.url + path);
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
};

/** The IDs of all events of a question. */
async function idsOf(params: URLSearchParams): Promise<string[]> {
  const page: { events: { eventId: string }[]; cursor?: string } = JSON.parse(
    await textOf(`/events?${new URLSearchParams([...params, ['limit', '100']])}`),
  );
  return page.events.map(({ eventId }) => eventId);
}

test('every question of an event finds the event itself, in the sample', async () => {
  const all = await idsOf(new URLSearchParams());
  const asked = new Set<string>();
  for (const id of all.filter((_, i) => i % 10 === 0)) {
    const { event } = readEventAnswer(await textOf(`/events/${id}`));
    for (const { text, params } of neighboursOf(event)) {
      asked.add(text);
      expect({ text, ids: await idsOf(params) }).toEqual({ text, ids: expect.arrayContaining([id]) });
    }
  }
  expect([...asked].sort()).toEqual([
    '1 minute around, same user, address and program',
    '10 minutes around, same environment',
    '10 minutes around, same user',
    'Same access key',
    'Same session',
    'Same source address',
    'Same target',
    'Same user',
  ]);
});

test('what an event lacks, it is not asked by', () => {
  const bare = { ...EVENT, ingestedAt: '2026-11-06T03:00:00.000Z', timeKey: '0000-00-00T00:00:00.000Z#event-1' };
  expect(neighboursOf(bare)).toEqual([]);
  const [only, ...others] = neighboursOf({ ...bare, principal: 'ops' });
  expect([only?.text, String(only?.params), others]).toEqual(['Same user', 'principal=ops', []]);
});

test.each([
  ['local', [], 'evidence --out evidence-event-1.json --from s3://BUCKET event-1', 'show event-1'],
  [
    'table',
    ['--stack', 'trail-prod'],
    'evidence --out evidence-event-1.json --stack trail-prod event-1',
    'show --stack trail-prod event-1',
  ],
] as const)('commands of a %s store name the store', (kind, storeFlags, evidence, show) => {
  const info = { source: { kind, name: 'x' }, storeFlags };
  expect(evidenceCommand({ eventId: 'event-1' }, info)?.command).toBe(`mwaa-trail ${evidence}`);
  expect(showCommand({ eventId: 'event-1' }, info)).toBe(`mwaa-trail ${show}`);
});

test('an ID is no flag, no path and no command', () => {
  const info = { source: { kind: 'table', name: 'x' }, storeFlags: [] } as const;
  const eventId = '-x/../$(id)';
  expect(showCommand({ eventId }, info)).toBe("mwaa-trail show -- '-x/../$(id)'");
  expect(compareCommand(['a', eventId], true, info)).toBe("mwaa-trail compare --all -- a '-x/../$(id)'");
  expect(evidenceCommand({ eventId }, info)?.command).toBe(
    "mwaa-trail evidence --out evidence--x______id_.json -- '-x/../$(id)'",
  );
});

test('a provisional event has no evidence', () => {
  const info = { source: { kind: 'table', name: 'x' }, storeFlags: [] } as const;
  expect(evidenceCommand({ eventId: 'e', provisional: true }, info)).toBeUndefined();
});
