import type { Bug } from './bugs.ts';

const HANDLER = 'functions/alert-handler.ts';
const ONCE = 'shared/alert/once.ts';
const DETECTOR = 'shared/detect/detector.ts';

const ALERT = 'alert/alert';
const RULES = 'detect/rules.test';

/** Bugs in what rules find, and in how it is sent. */
export const ALERT_BUGS: readonly Bug[] = [
  {
    name: 'a finding is sent before it is claimed',
    file: ONCE,
    find: '  while (!(await claim()',
    replace: '  await send();\n  while (!(await claim()',
    tests: ALERT,
    only: 'in any order',
  },
  {
    name: 'a finding is noted as sent before it is sent',
    file: ONCE,
    find: '  await send();\n  await note();',
    replace: '  await note();\n  await send();',
    tests: ALERT,
    only: 'at the topic',
  },
  {
    name: 'a claim is for ever',
    file: ONCE,
    find: 'OR claimedUntil <= :now)',
    replace: 'OR claimedUntil <= :now AND sentAt = :now)',
    tests: ALERT,
    only: 'at the topic',
  },
  {
    name: 'an event that failed is acknowledged',
    file: HANDLER,
    find: 'const [first] = [...failed].sort((a, b) => a - b);',
    replace: 'const [, first] = [...failed].sort((a, b) => a - b);',
    tests: ALERT,
    only: 'from the first failure',
  },
  {
    name: 'only the last event that failed is delivered again',
    file: HANDLER,
    find: 'const [first] = [...failed].sort((a, b) => a - b);',
    replace: 'const [first] = [...failed].sort((a, b) => b - a);',
    tests: ALERT,
    only: 'from the first failure',
  },
  {
    name: 'the events after one that failed are not evaluated',
    file: HANDLER,
    find: "if (once.remaining() < 0) throw new TrailError('out-of-time'",
    replace: "if (once.remaining() < 0 || failed.size > 0) throw new TrailError('out-of-time'",
    tests: ALERT,
    only: 'from the first failure',
  },
  {
    name: 'an event that the bus refused counts as taken',
    file: 'shared/alert/bus.ts',
    find: 'Entries[i]?.EventId !== undefined',
    replace: 'Entries[i] !== undefined',
    tests: ALERT,
    only: 'of a request to the bus',
  },
  {
    name: 'what was backfilled is alerted',
    file: 'shared/alert/arrival.ts',
    find: "  if (event.backfilled) return 'backfill';\n",
    replace: '',
    tests: ALERT,
    only: 'or was backfilled',
  },
  {
    name: 'what happened long ago is alerted',
    file: 'shared/alert/arrival.ts',
    find: 'stored - time <= LIVE_MS',
    replace: 'stored - time <= 30 * LIVE_MS',
    tests: ALERT,
    only: 'or was backfilled',
  },
  {
    name: 'more of a finding is another finding',
    file: 'shared/alert/table-state.ts',
    find: 'Math.abs(one.time - time) <= forMs',
    replace: 'Math.abs(one.time - time) < 0',
    tests: ALERT,
    only: 'one finding for a burst',
  },
  {
    name: 'what the store has counts as new',
    file: 'shared/alert/find-earlier.ts',
    find: 'end === undefined) return newest;',
    replace: 'end === undefined) return undefined;',
    tests: ALERT,
    only: 'are findings once',
  },
  {
    name: 'what verification found is sent although it holds no more',
    file: 'shared/alert/alerter.ts',
    find: 'found.resolvedAt !== undefined || ',
    replace: '',
    tests: ALERT,
    only: 'holds no more',
  },
  {
    name: 'a digest is sent with each invocation',
    file: HANDLER,
    find: '    return { digest: await sendOnce(',
    replace: '    await send();\n    return { digest: await sendOnce(',
    tests: ALERT,
    only: 'it is sent once',
  },
  {
    name: 'a window only looks back',
    file: DETECTOR,
    find: 'around.flatMap((one) => (one.time > time ? [one.time] : []))',
    replace: 'around.flatMap((one) => (one.time < 0 ? [one.time] : []))',
    tests: ALERT,
    only: 'in any order',
  },
  {
    name: 'an environment has no first days',
    file: DETECTOR,
    find: 'time < first + LEARNING_MS',
    replace: 'time < first',
    tests: RULES,
    only: 'in the first days',
  },
  {
    name: 'denials of one operation are probing',
    file: DETECTOR,
    find: 'if (distinct === undefined || kinds >= distinct.least) return undefined;',
    replace: 'if (distinct === undefined || kinds >= 0) return undefined;',
    tests: RULES,
    only: 'five of one operation',
  },
  {
    name: 'case matters in rules',
    file: 'shared/detect/value-test.ts',
    find: "const cased = has('cased');",
    replace: "const cased = has('cased') || !has('expand');",
    tests: RULES,
    only: 'with the prefix of a version',
  },
];
