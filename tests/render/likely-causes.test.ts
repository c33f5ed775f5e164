import { expect, test } from '@jest/globals';
import type { LikelyCause } from '../../shared/query/likely-causes.ts';
import { likelyCauseText, type Wording } from '../../shared/render/likely-causes.ts';

/** As a page could say it; the program's own words are tested with its commands. */
const WORDING: Wording = {
  criterion: (name) => `the ${name} filter`,
  listing: (name) => (name === 'user' ? 'The page Users has all.' : undefined),
  emptyStore: 'add log files first',
};
const times = { full: (time: string | undefined) => `<${time}>` };

const unknown = (members: object): LikelyCause =>
  ({
    ...{ kind: 'unknown-value', criterion: 'user', value: 'x', nearest: [], elsewhere: [] },
    ...members,
  }) as LikelyCause;
const near = (value: string, members: object = {}) => ({
  ...{ value, events: 1, more: false, inQuestion: true },
  ...members,
});
const named = (users: string[]): LikelyCause => ({ kind: 'other-identity', criterion: 'role', value: 'Admin', users });

const SENTENCES: readonly (readonly [cause: LikelyCause, sentence: string])[] = [
  [{ kind: 'empty-store' }, 'The store holds no events yet: add log files first.'],
  [unknown({}), 'No event has the user x. The page Users has all.'],
  [unknown({ criterion: 'environment' }), 'No event names the environment x.'],
  [unknown({ criterion: 'role' }), 'No event was found with the role filter x.'],
  [unknown({ nearest: [near('xy')] }), 'No event has the user x. Did you mean xy (1 event)?'],
  [
    unknown({
      nearest: [near('a', { events: 1000, more: true }), near('b', { inQuestion: false }), near('c', { events: 0 })],
    }),
    'No event has the user x. Did you mean a (1,000 or more events), b (1 event, none of which matches the other filters) or c (0 events)?',
  ],
  [
    unknown({ criterion: 'action', elsewhere: ['eventName', 'target'] }),
    'No event was found with the action filter x. Try the eventName filter x or the target filter x.',
  ],
  [
    unknown({ criterion: 'sourceIp', value: '192.0.*' }),
    'No event was found with the sourceIp filter 192.0.*. ' +
      'the sourceIp filter takes a whole value, or a range such as 192.0.2.0/24: here a final * is part of it.',
  ],
  [unknown({ value: 'a b\u202e' }), 'No event has the user "a b\\u202e". The page Users has all.'],
  [named(['ana']), 'The role Admin (the role filter) belongs to ana.'],
  [named(['ana', 'ben', 'cyd']), 'The role Admin (the role filter) belongs to ana, ben and cyd.'],
  [named(['ana', 'ben', 'cyd', 'dan', 'eve']), 'The role Admin (the role filter) belongs to ana, ben, cyd and 2 more.'],
  [
    { kind: 'outside-times', before: 'B', after: 'A' },
    'Matching events exist outside this range: the last before at <B>, the first after at <A>.',
  ],
  [{ kind: 'outside-times', after: 'A' }, 'Matching events exist outside this range: the first after at <A>.'],
];

test.each(SENTENCES)('%j', (cause, sentence) => {
  expect(likelyCauseText(cause, WORDING, times)).toBe(sentence);
});
