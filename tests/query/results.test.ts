import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { StatusChange } from '../../shared/audit-event/status-change.ts';
import { type AcceptedRequest, type Result, resultsOf } from '../../shared/query/results.ts';
import { scaled } from '../support/scale.ts';

/** What MWAA does to an environment, one after the other: what was asked for, and the statuses up to the end. */
const WORK = {
  created: {
    from: ['none'],
    to: 'there',
    eventName: 'CreateEnvironment',
    is: 'done',
    statuses: ['CREATING', 'PENDING', 'CREATING', 'AVAILABLE'],
  },
  'not created': {
    from: ['none'],
    to: 'not created',
    eventName: 'CreateEnvironment',
    is: 'failed',
    statuses: ['CREATING', 'CREATE_FAILED'],
  },
  updated: {
    from: ['there'],
    to: 'there',
    eventName: 'UpdateEnvironment',
    is: 'done',
    statuses: ['UPDATING', 'AVAILABLE'],
  },
  upgraded: {
    from: ['there'],
    to: 'there',
    eventName: 'UpdateEnvironment',
    is: 'done',
    statuses: ['CREATING_SNAPSHOT', 'UPDATING', 'AVAILABLE'],
  },
  'not updated': {
    from: ['there'],
    to: 'there',
    eventName: 'UpdateEnvironment',
    is: 'failed',
    statuses: ['UPDATING', 'UPDATE_FAILED'],
  },
  'rolled back': {
    from: ['there'],
    to: 'there',
    eventName: 'UpdateEnvironment',
    is: 'failed',
    statuses: ['CREATING_SNAPSHOT', 'UPDATING', 'ROLLING_BACK', 'AVAILABLE'],
  },
  broken: {
    from: ['there'],
    to: 'there',
    eventName: 'UpdateEnvironment',
    is: 'broken',
    statuses: ['UPDATING', 'UNAVAILABLE'],
  },
  deleted: {
    from: ['there', 'not created'],
    to: 'none',
    eventName: 'DeleteEnvironment',
    is: 'done',
    statuses: ['DELETING', 'DELETED'],
  },
  serviced: {
    from: ['there'],
    to: 'there',
    eventName: 'UpdateEnvironment',
    is: 'done',
    statuses: ['MAINTENANCE', 'AVAILABLE'],
  },
  maintained: {
    from: ['there'],
    to: 'there',
    eventName: undefined,
    is: undefined,
    statuses: ['MAINTENANCE', 'AVAILABLE'],
  },
} as const;
type Kind = keyof typeof WORK;
type State = 'none' | 'there' | 'not created';

interface Scenario {
  accepted: AcceptedRequest[];
  /** All that MWAA announces, oldest first. */
  announced: StatusChange[];
  /** By eventId. */
  truth: Map<string, Result['is']>;
  /** IDs of the status changes that belong to a request. */
  ofRequests: Set<string>;
}

const START = Date.parse('2026-11-06T00:00:00Z');
const MINUTE = 60_000;
/** EventBridge and CloudTrail tell seconds. */
const inSeconds = (time: number) => new Date(Math.floor(time / 1000) * 1000).toISOString();

/** @param isHidden CloudTrail did not deliver the request; MWAA carries it out all the same */
function play(steps: readonly { kind: Kind; isHidden: boolean; pause: number; length: number }[], hasTimes: boolean) {
  const scenario: Scenario = { accepted: [], announced: [], truth: new Map(), ofRequests: new Set() };
  let now = START;
  let state: State = 'there';
  for (const [i, { kind, isHidden, pause, length }] of steps.entries()) {
    const { eventName, is, statuses, from, to } = WORK[kind];
    // MWAA refuses what the environment is not ready for.
    if (!from.includes(state as never)) continue;
    state = to;
    now += pause;
    const createdAt = now;
    const isKnown = eventName !== undefined && !isHidden;
    if (isKnown)
      scenario.accepted.push({
        ...{ eventId: `request-${i}`, eventName, time: inSeconds(now) },
        eventType: kind === 'serviced' ? 'AwsServiceEvent' : 'AwsApiCall',
      });
    for (const [j, status] of statuses.entries()) {
      // The first follows at once; the whole takes longer than any request needs to begin.
      now += j === 0 ? 1_000 : 11 * MINUTE + length;
      const isEnd = j === statuses.length - 1;
      const isFailed = is === 'failed' || is === 'broken';
      const id = `status-${i}-${j}`;
      const update = {
        updateStatus: !isEnd ? 'PENDING' : isFailed ? 'FAILED' : 'SUCCESS',
        ...(hasTimes && { updateCreatedAt: new Date(createdAt + 2_000).toISOString() }),
        ...(isEnd && isFailed && { errorCode: 'INCORRECT_CONFIGURATION', errorMessage: id }),
      };
      scenario.announced.push({
        ...{ id, time: inSeconds(now), environment: 'e', accountId: '111122223333', region: 'eu-west-1', status },
        ...update,
      });
      if (isKnown) scenario.ofRequests.add(id);
    }
    if (isKnown) scenario.truth.set(`request-${i}`, is ?? 'done');
  }
  return scenario;
}

const stepsOf = (hidden: fc.Arbitrary<boolean>, kinds: readonly Kind[]) =>
  fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      isHidden: hidden,
      pause: fc.integer({ min: 0, max: 90 * MINUTE }),
      length: fc.integer({ min: 0, max: 30 * MINUTE }),
    }),
    { maxLength: 8 },
  );
const KINDS = Object.keys(WORK) as Kind[];
/** In any order, and some twice. */
const arrivals = (changes: readonly StatusChange[]) =>
  fc
    .tuple(fc.shuffledSubarray([...changes], { minLength: changes.length }), fc.subarray([...changes]))
    .map(([all, again]) => [...all, ...again]);
const found = (results: ReadonlyMap<string, Result>) => new Map([...results].map(([id, { is }]) => [id, is]));

describe('results of requests', () => {
  const runs = { numRuns: scaled(300, 20_000) };

  test('are those of MWAA if every status change arrived, in whatever order and however often', () => {
    const scenario = fc
      .tuple(stepsOf(fc.constant(false), KINDS), fc.boolean())
      .map(([steps, hasTimes]) => play(steps, hasTimes))
      .chain((all) =>
        fc.tuple(
          fc.constant(all),
          arrivals(all.announced),
          fc.shuffledSubarray(all.accepted, { minLength: all.accepted.length }),
        ),
      );
    fc.assert(
      fc.property(scenario, ([{ announced, truth, ofRequests }, arrived, accepted]) => {
        const { results, others } = resultsOf(accepted, arrived);
        expect(found(results)).toEqual(truth);
        expect(others).toEqual(announced.filter(({ id }) => !ofRequests.has(id)));
        for (const { is, errorMessage, status } of results.values()) {
          expect([is, errorMessage !== undefined]).toEqual([is, is === 'failed' || is === 'broken']);
          expect(status).not.toMatch(/^(UPDATING|CREATING|DELETING|PENDING)$/);
        }
      }),
      runs,
    );
  });

  test('are never wrong, whatever is lost: status changes, and requests to update', () => {
    const scenario = stepsOf(fc.boolean(), KINDS)
      // A creation or deletion that nobody tells of would make another environment of it.
      .map((steps) =>
        steps.map((step) => ({ ...step, isHidden: step.isHidden && /Update/.test(WORK[step.kind].eventName ?? '') })),
      )
      .map((steps) => play(steps, true))
      .chain((all) => fc.tuple(fc.constant(all), fc.subarray(all.announced).chain(arrivals)));
    fc.assert(
      fc.property(scenario, ([{ accepted, truth }, arrived]) => {
        const { results, others } = resultsOf(accepted, arrived);
        for (const [id, { is }] of results)
          expect([id, is === 'running' ? truth.get(id) : is]).toEqual([id, truth.get(id)]);
        const used = new Set(arrived.map(({ id }) => id)).size - others.length;
        expect(used >= results.size).toBe(true);
      }),
      runs,
    );
  });
});

const update: AcceptedRequest = { eventId: 'u', eventName: 'UpdateEnvironment', time: '2026-11-06T02:00:00.000Z' };
const at = (time: string, status: string, more: Partial<StatusChange> = {}): StatusChange => ({
  ...{
    id: `${time} ${status}`,
    time: `2026-11-06T${time}.000Z`,
    environment: 'e',
    accountId: '1',
    region: 'r',
    status,
  },
  ...more,
});

test.each<[string, StatusChange[], object | undefined, string[]]>([
  ['nothing is announced', [], undefined, []],
  [
    'it began',
    [at('02:00:02', 'UPDATING')],
    { is: 'running', status: 'UPDATING', time: '2026-11-06T02:00:02.000Z' },
    [],
  ],
  [
    'the status before it, announced in the same second',
    [at('02:00:00', 'AVAILABLE'), at('02:30:00', 'UPDATE_FAILED')],
    { is: 'failed', status: 'UPDATE_FAILED', time: '2026-11-06T02:30:00.000Z' },
    ['AVAILABLE'],
  ],
  [
    'a status that is not known',
    [at('02:00:02', 'UPDATING'), at('02:10:00', 'POLISHING'), at('02:30:00', 'AVAILABLE')],
    { is: 'done', status: 'AVAILABLE', time: '2026-11-06T02:30:00.000Z' },
    ['POLISHING'],
  ],
  [
    'the names of properties of every object',
    [at('02:00:02', 'UPDATING'), at('02:10:00', 'constructor'), at('02:11:00', '__proto__')],
    { is: 'running' },
    ['constructor', '__proto__'],
  ],
  [
    'the error of the update before, still named when this one begins',
    [
      at('02:00:02', 'UPDATING', {
        updateCreatedAt: '2026-11-05T00:00:00.000Z',
        updateStatus: 'FAILED',
        errorCode: 'OLD',
      }),
      at('02:30:00', 'UPDATE_FAILED', { updateCreatedAt: '2026-11-06T02:00:01.000Z', errorCode: 'NEW' }),
    ],
    { is: 'failed', errorCode: 'NEW' },
    [],
  ],
  [
    'an update that nobody asked for, much later',
    [at('03:00:00', 'UPDATING', { updateCreatedAt: '2026-11-06T02:59:59.000Z' }), at('03:30:00', 'AVAILABLE')],
    undefined,
    ['UPDATING', 'AVAILABLE'],
  ],
  [
    'it is rolling back',
    [at('02:20:00', 'ROLLING_BACK', { errorMessage: 'no' })],
    { is: 'failed', errorMessage: 'no' },
    [],
  ],
  [
    'a maintenance',
    [at('02:20:00', 'MAINTENANCE'), at('02:30:00', 'AVAILABLE')],
    undefined,
    ['MAINTENANCE', 'AVAILABLE'],
  ],
])('of an update: %s', (_, changes, result, others) => {
  const told = resultsOf([update], changes);
  const expected = result === undefined ? undefined : expect.objectContaining(result);
  expect(told.results.get('u')).toEqual(expected);
  expect(told.others.map(({ status }) => status)).toEqual(others);
});
