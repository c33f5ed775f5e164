import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DeliveryError } from '../../shared/delivery/announcement.ts';
import { readDelivery } from '../../shared/delivery/read-delivery.ts';
import { jsonFiles } from '../support/cases.ts';
import { codePoint } from '../support/code-point.ts';
import {
  announcementsOf,
  ENVELOPES,
  LIVE,
  liveEvent,
  logFilesOf,
  NOTIFICATIONS,
  SHAPES,
  s3Record,
  sqsMessage,
} from '../support/deliveries.ts';

interface Case {
  about: string;
  event: unknown;
  /** One entry for each message, or one for an event that is no batch. */
  expected?: { logFiles?: unknown[]; ignored?: string[]; malformed?: string[]; error?: string }[];
  /** The code with which the whole event fails. */
  error?: string;
}

const NOTHING = { logFiles: [], events: [], ignored: [], malformed: [] };

describe('cases', () => {
  test.each(jsonFiles<Case>('tests/cases/delivery'))('%s', (_, { event, expected, error }) => {
    if (error !== undefined) {
      expect(() => readDelivery(event)).toThrow(expect.objectContaining({ code: error }));
      return;
    }
    const announced = announcementsOf(readDelivery(event)).map((announcement) => {
      return { ...announcement, malformed: announcement.malformed.map(({ code }) => code) };
    });
    expect(announced).toEqual(
      expected!.map(({ error, ...others }) => ({ ...NOTHING, ...(error ? { malformed: [error] } : others) })),
    );
  });
});

describe('object keys', () => {
  const ENCODED = [
    ['a+b', 'a b'],
    ['a%2Bb', 'a+b'],
    ['a%20b', 'a b'],
    ['caf%C3%A9/%F0%9F%92%A1', 'café/💡'],
    ['100%25', '100%'],
    ['%25ZZ', '%ZZ'],
    ['a%2Fb%3Dc', 'a/b=c'],
    ['x%00y', 'x\0y'],
  ] as const;

  describe.each(SHAPES)('%s', (_, { urlEncoded, make }, wrap) => {
    test.each(ENCODED)('%s', (written, decoded) => {
      expect(logFilesOf(wrap(make(written)))).toEqual([{ bucket: 'logs', key: urlEncoded ? decoded : written }]);
    });

    test.each(['%ZZ', '%', 'a%2', '%C3', '%ff', '%C3%28'])('%s, which no encoder writes', (written) => {
      const read = () => logFilesOf(wrap(make(written)));
      if (urlEncoded) expect(read).toThrow(expect.objectContaining({ code: 'undecodable-key' }));
      else expect(read()).toEqual([{ bucket: 'logs', key: written }]);
    });

    test('any key arrives as it is in the bucket', () => {
      const anyKey = fc.string({ unit: codePoint, minLength: 1, maxLength: 40 });
      fc.assert(
        fc.property(anyKey, (key) => {
          const written = urlEncoded ? encodeURIComponent(key).replaceAll('%20', '+') : key;
          expect(logFilesOf(wrap(make(written)))).toEqual([{ bucket: 'logs', key }]);
        }),
        { numRuns: 50 },
      );
    });
  });
});

describe('several at once', () => {
  test.each(Object.entries(ENVELOPES))('CloudTrail names several keys, %s', (_, wrap) => {
    expect(logFilesOf(wrap(NOTIFICATIONS.CloudTrail.make('a', 'b+c', 'a'))).map(({ key }) => key)).toEqual([
      'a',
      'b+c',
      'a',
    ]);
  });

  test.each(Object.entries(ENVELOPES))('one of several S3 records is a removal, %s', (_, wrap) => {
    const event = wrap({ Records: [s3Record('a'), s3Record('b', 'ObjectRemoved:Delete'), s3Record('c')] });
    expect(announcementsOf(readDelivery(event))).toEqual([
      {
        logFiles: [
          { bucket: 'logs', key: 'a' },
          { bucket: 'logs', key: 'c' },
        ],
        events: [],
        ignored: ['not-object-created'],
        malformed: [],
      },
    ]);
  });

  test('the messages of a batch succeed and fail one by one, in their order', () => {
    const kinds = fc.constantFrom('good', 'not JSON', 'unknown', 'bad key');
    const bodies = {
      good: JSON.stringify(NOTIFICATIONS.S3.make('a')),
      'not JSON': '{"Records":',
      unknown: '{"hello":"world"}',
      'bad key': JSON.stringify(NOTIFICATIONS.S3.make('%ZZ')),
    };
    fc.assert(
      fc.property(fc.array(kinds, { minLength: 1, maxLength: 10 }), (batch) => {
        const delivery = readDelivery({ Records: batch.map((kind, i) => sqsMessage(bodies[kind], `id-${i}`)) });
        if (delivery.kind !== 'sqs-batch') throw new Error('expected a batch');
        expect(delivery.messages.map(({ messageId }) => messageId)).toEqual(batch.map((_, i) => `id-${i}`));
        const fails = delivery.messages.map(({ announcement }) => announcement.malformed.length > 0);
        expect(fails).toEqual(batch.map((kind) => kind !== 'good'));
      }),
    );
  });
});

describe('an event that a message carries', () => {
  const DETAIL = String.raw`{ "eventID" :"\u0061\/b", "n":[1.0,-0,1e400,9007199254740993], "__proto__":{"constructor":1}, "a":1,"a":2}`;

  test.each(Object.entries(ENVELOPES))('comes with its text as it was written, %s', (name, wrap) => {
    // JSON.stringify writes the placeholder as often quoted as the envelope quotes what it carries.
    const text = JSON.stringify(wrap({ marker: 'M' }));
    const [quotes] = /\\*"(?=marker)/.exec(text)!;
    const quoted = (inner: string) => {
      const times = Math.log2(quotes.length);
      return Array.from({ length: times }).reduce<string>((one) => JSON.stringify(one).slice(1, -1), inner);
    };
    const event = JSON.parse(
      text.replace(`{${quotes}marker${quotes}:${quotes}M${quotes}}`, () => quoted(liveEvent(DETAIL))),
    );
    const [announcement] = announcementsOf(readDelivery(event));
    const expected = name === 'direct' ? JSON.stringify(JSON.parse(DETAIL)) : DETAIL;
    expect(announcement).toEqual({ ...NOTHING, events: [{ kind: 'record', ...LIVE, text: expected }] });
  });

  test.each<[string, string]>([
    ['an event that is no AWS service', liveEvent('{}', { source: 'custom.airflow' })],
    ['another event of the service', liveEvent('{}', { 'detail-type': 'Something else' })],
    ['a record that is no object', liveEvent('[]')],
    ['an account that is none', liveEvent('{}', { account: '*' })],
    ...Object.keys(LIVE).map((name): [string, string] => [`no ${name}`, liveEvent('{}', { [name]: undefined })]),
    ['nesting that no record has', liveEvent(`{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`)],
  ])('fails: %s', (_, body) => {
    const batch = { Records: [sqsMessage(body), sqsMessage(liveEvent(DETAIL))] };
    const [refused, taken] = announcementsOf(readDelivery(batch));
    expect(refused).toEqual({ ...NOTHING, malformed: [expect.any(DeliveryError)] });
    expect(taken).toMatchObject({ events: [{ text: DETAIL }], malformed: [] });
  });
});

describe('unknown members are tolerated', () => {
  /** Names that decide what a notification is, or that are read when they are there. */
  const KNOWN = new Set(['Records', 'Type', 'Message', 'Service', 'Event', 'source', 'detail-type', 'eTag', 'etag']);
  const members = fc
    .dictionary(
      fc.oneof(
        fc.constantFrom('__proto__', 'constructor', 'toString', 'awsGeneratedTags', 'length', 'name', 'key', 'object'),
        fc.string(),
      ),
      fc.jsonValue(),
      { minKeys: 1, maxKeys: 4, noNullPrototype: true },
    )
    .map((all) => Object.fromEntries(Object.entries(all).filter(([name]) => !KNOWN.has(name))));

  test.each(SHAPES)('at every level: %s', (_, { make }, wrap) => {
    const plain = logFilesOf(wrap(make('a')));
    fc.assert(
      fc.property(members, (extra) => {
        expect(logFilesOf(withMembers(wrap(withMembers(make('a'), extra)), extra))).toEqual(plain);
      }),
      { numRuns: 50 },
    );
  });
});

/** A value with more members in each of its objects; what is there already stays. */
function withMembers(value: unknown, extra: object): unknown {
  if (Array.isArray(value)) return value.map((element) => withMembers(element, extra));
  if (typeof value !== 'object' || value === null) return value;
  const deeper = Object.entries(value).map(([name, member]) => [name, withMembers(member, extra)]);
  return { ...extra, ...Object.fromEntries(deeper) };
}

describe('what is not understood fails, and never counts as "nothing to do"', () => {
  test('any other JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (event) => {
        expect(() => readDelivery(event)).toThrow(DeliveryError);
        const [announcement] = announcementsOf(readDelivery({ Records: [sqsMessage(JSON.stringify(event))] }));
        expect(announcement).toEqual({ ...NOTHING, malformed: [expect.any(DeliveryError)] });
      }),
      { numRuns: 500 },
    );
  });

  test('any text in a message', () => {
    fc.assert(
      fc.property(fc.string({ unit: codePoint }), (body) => {
        const [announcement] = announcementsOf(readDelivery({ Records: [sqsMessage(body)] }));
        expect(announcement).toEqual({ ...NOTHING, malformed: [expect.any(DeliveryError)] });
      }),
    );
  });

  test.each(SHAPES)('%s, with any one part missing or replaced', (_, { make }, wrap) => {
    const event = wrap(make('a'));
    for (const path of pathsOf(event)) {
      for (const by of [undefined, null, 0, '', 'x', [], {}, true, [null], { s3: null }]) {
        let delivery: ReturnType<typeof readDelivery>;
        try {
          delivery = readDelivery(replacedAt(event, path, by));
        } catch (error) {
          expect(error).toBeInstanceOf(DeliveryError);
          continue;
        }
        for (const announcement of announcementsOf(delivery)) {
          const { logFiles, ignored, malformed } = announcement;
          expect(logFiles.length + ignored.length + malformed.length).toBeGreaterThan(0);
          for (const { bucket, key } of announcement.logFiles) {
            expect([typeof bucket, typeof key, bucket === '', key === '']).toEqual(['string', 'string', false, false]);
          }
        }
      }
    }
  });

  test('its error holds nothing of the event', () => {
    const canary = 'CANARY-6f1d';
    const events = [
      canary,
      { [canary]: canary },
      { Records: [{ eventSource: 'aws:sqs', body: canary }] },
      NOTIFICATIONS.S3.make(`${canary}%ZZ`),
      { Records: [{ eventSource: 'aws:s3', eventName: canary, s3: canary }] },
      { source: 'aws.s3', 'detail-type': 'Object Created', detail: canary },
      { s3Bucket: [canary], s3ObjectKey: canary },
      { Type: 'Notification', Message: `{"${canary}` },
    ];
    for (const event of events) {
      let failure: unknown;
      try {
        logFilesOf(event);
      } catch (error) {
        failure = error;
      }
      expect(failure).toBeInstanceOf(DeliveryError);
      const { message, cause } = failure as Error;
      expect(`${message} ${(cause as Error | undefined)?.message}`).not.toContain(canary);
    }
  });

  test('envelopes in envelopes have an end', () => {
    let event: unknown = NOTIFICATIONS.S3.make('a');
    for (let depth = 0; depth < 10; depth += 1) event = { Type: 'Notification', Message: JSON.stringify(event) };
    expect(() => readDelivery(event)).toThrow(DeliveryError);
  });
});

type Path = (string | number)[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const members = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...members.flatMap(([name, member]) => pathsOf(member, [...path, name as string]))];
}

function replacedAt(value: unknown, [name, ...rest]: Path, by: unknown): unknown {
  if (name === undefined) return by;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  if (rest.length === 0 && by === undefined) delete copy[name];
  else copy[name] = replacedAt(copy[name], rest, by);
  return copy;
}
