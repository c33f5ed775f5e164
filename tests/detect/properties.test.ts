import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RuleErrors, readRules } from '../../shared/detect/read-rules.ts';
import { compileRegex, RegexError } from '../../shared/detect/regular-expression.ts';
import { ANY, ONE, type Pattern, patternTest, readPattern } from '../../shared/detect/wildcards.ts';
import { scaled } from '../support/scale.ts';
import { eventOf, folderOf, problemsOf, ruleMatches, ruleText, verdictsOn } from './support.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '\\', '*', '?', '😀', '\n'), maxLength: 12 });

describe('wildcards', () => {
  /** The same pattern for the engine of JavaScript, which backtracks. */
  const naive = (pattern: Pattern, cased: boolean) => {
    const source = pattern.map((part) =>
      part === ANY ? '.*' : part === ONE ? '.' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
    );
    return new RegExp(`^${source.join('')}$`, cased ? 'su' : 'sui');
  };

  test('match what a naive evaluator matches', () => {
    fc.assert(
      fc.property(letters, letters, fc.boolean(), (source, text, cased) => {
        const pattern = readPattern(source);
        expect(patternTest(pattern, cased)(text)).toBe(naive(pattern, cased).test(text));
      }),
      { numRuns: scaled(500, 20_000) },
    );
  });

  test('an escaped text means itself', () => {
    fc.assert(
      fc.property(letters, letters, (source, text) => {
        const matches = patternTest(readPattern(source.replace(/[\\*?]/g, '\\$&')), true);
        expect(matches(text)).toBe(text === source);
        expect(matches(source)).toBe(true);
      }),
    );
  });
});

describe('regular expressions', () => {
  test('any text is refused, or matches in time', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab()[]{}*+?|\\^$-,123.:<=!'), maxLength: 40 }), (source) => {
        try {
          compileRegex(source, ['i', 'm', 's'])('ab'.repeat(500));
        } catch (error) {
          expect(error).toBeInstanceOf(RegexError);
        }
      }),
      { numRuns: scaled(500, 20_000) },
    );
  });

  test.each(['(a+)+$', '(a|aa)+$', '(a*)*b', '(.*a){20}', '([a-z]+)*\\d', '^(a?){50}a{50}$', '(x+x+)+y'])(
    '%s takes no longer than its length',
    (source) => {
      const matches = compileRegex(source, ['i']);
      const started = performance.now();
      matches(`${'ax'.repeat(50_000)}!`);
      matches(`${'a'.repeat(100_000)}!`);
      expect(performance.now() - started).toBeLessThan(10_000);
    },
  );

  test('wildcards take no longer than their length', () => {
    const started = performance.now();
    for (const source of ['*a*a*a*a*a*a*a*a*b', `*${'?a'.repeat(200)}*b`, `${'*a?'.repeat(300)}b`])
      patternTest(readPattern(source), false)('a'.repeat(100_000));
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});

describe('conditions', () => {
  const NAMES = ['selection_a', 'selection_b', 'filter_c'];
  type Node = { text: string; holds(truth: Record<string, boolean>): boolean };
  const leaf = fc.constantFrom(...NAMES).map((name): Node => ({ text: name, holds: (truth) => truth[name]! }));
  const some = fc
    .tuple(fc.constantFrom('1', 'all'), fc.constantFrom('them', 'selection_*', '*_c', '*'))
    .map(([quantity, pattern]): Node => {
      const fits = new RegExp(`^${pattern === 'them' ? '.*' : pattern.replaceAll('*', '.*')}$`);
      const of = NAMES.filter((name) => fits.test(name));
      return {
        text: `${quantity} of ${pattern}`,
        holds: (truth) => (quantity === '1' ? of.some((name) => truth[name]) : of.every((name) => truth[name])),
      };
    });
  const node = fc.letrec<{ node: Node }>((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      leaf,
      some,
      tie('node').map((part): Node => ({ text: `not (${part.text})`, holds: (truth) => !part.holds(truth) })),
      fc
        .tuple(tie('node'), tie('node'))
        .map(([a, b]): Node => ({ text: `(${a.text}) and (${b.text})`, holds: (t) => a.holds(t) && b.holds(t) })),
      fc
        .tuple(tie('node'), tie('node'))
        .map(([a, b]): Node => ({ text: `(${a.text}) or ${b.text}`, holds: (t) => a.holds(t) || b.holds(t) })),
    ),
  })).node;

  test('hold where a naive evaluator says so', () => {
    fc.assert(
      fc.property(node, fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()), ({ text, holds }, [a, b, c]) => {
        const detection = NAMES.map((name, i) => `${name}:\n    requestParameters.P${i}: x`).join('\n');
        const members = { requestParameters: { ...(a && { P0: 'x' }), ...(b && { P1: 'x' }), ...(c && { P2: 'x' }) } };
        const truth = { selection_a: a, selection_b: b, filter_c: c };
        expect(ruleMatches(ruleText(`${detection}\ncondition: ${text}`), members)).toBe(holds(truth));
      }),
      { numRuns: scaled(100, 2_000) },
    );
  });
});

describe('correlations', () => {
  const rules = (type: string, bound: string) =>
    readRules([
      folderOf(
        `title: Many\ncorrelation:\n    type: ${type}\n    rules: [a]\n    group-by: [mwaa.user]\n    timespan: 10m\n    condition: {${bound}}\n---\n` +
          ruleText('s:\n    eventName: A\ncondition: s').replace('title:', 'name: a\ntitle:'),
      ),
    ]).rules;
  const calls = fc.array(
    fc.record({
      minute: fc.nat({ max: 40 }),
      user: fc.constantFrom('ana', 'bo'),
      ip: fc.constantFrom('198.51.100.1', '203.0.113.1', '2001:db8::1'),
      is: fc.boolean(),
    }),
    { maxLength: 25 },
  );

  test.each([
    ['event_count', 'gte: 3', (count: number) => count >= 3],
    ['event_count', 'gt: 1, lte: 3', (count: number) => count > 1 && count <= 3],
    ['event_count', 'eq: 2', (count: number) => count === 2],
    ['event_count', 'lt: 2', (count: number) => count < 2],
    ['value_count', 'field: sourceIPAddress, gte: 2', (count: number) => count >= 2],
    ['value_count', 'field: [sourceIPAddress, eventName], gte: 3', (count: number) => count >= 3],
  ] as const)('%s %s is what counting each window anew says', async (type, bound, isMet) => {
    await fc.assert(
      fc.asyncProperty(calls, async (given) => {
        const sorted = given.toSorted((x, y) => x.minute - y.minute);
        const events = sorted.map(({ minute, user, ip, is }, i) =>
          eventOf(
            {
              eventName: is ? 'A' : 'B',
              eventTime: `2026-11-02T09:${`${minute}`.padStart(2, '0')}:00Z`,
              userIdentity: { type: 'IAMUser', userName: user },
              sourceIPAddress: ip,
            },
            `e${i}`,
          ),
        );
        const verdicts = await verdictsOn(rules(type, bound), events);
        for (const [i, call] of sorted.entries()) {
          const window = sorted
            .slice(0, i + 1)
            .filter(({ minute, user, is }) => is && user === call.user && minute >= call.minute - 10);
          const count = type === 'event_count' ? window.length : new Set(window.map(({ ip }) => ip)).size;
          expect(verdicts[i]!.map(({ kind }) => kind)).toEqual(call.is ? [isMet(count) ? 'finding' : 'quiet'] : []);
        }
      }),
      { numRuns: scaled(60, 1_000) },
    );
  });
});

describe('hostile files', () => {
  const bomb = `a: &a [x,x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? 'a' : `b${i - 1}`},*${i === 0 ? 'a' : `b${i - 1}`}]\n`).join('')}`;
  test.each<[string, string]>([
    ['a bomb of aliases', bomb],
    ['a deep list', `title: ${'['.repeat(100_000)}`],
    ['a deep map', `title: ${'{a: '.repeat(20_000)}`],
    ['a long text', `title: ${'x'.repeat(300_000)}`],
    ['many documents', 'a: 1\n---\n'.repeat(20_000)],
    ['a prototype', '__proto__:\n    detection: {}\n'],
    ['a long condition', ruleText(`s:\n    eventName: A\ncondition: ${'('.repeat(10_000)}s`)],
    ['many words', ruleText(`s:\n    eventName: A\ncondition: ${'s or '.repeat(10_000)}s`)],
    ['much negation', ruleText(`s:\n    eventName: A\ncondition: ${'not '.repeat(400)}s`)],
  ])('%s is refused in time', (_, text) => {
    const started = performance.now();
    expect(problemsOf(text)[0]).toMatch(/^\d+:\d+ \S/);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  test('any YAML is read or refused', () => {
    const word = fc.constantFrom(
      'title',
      'detection',
      'condition',
      's',
      'logsource',
      'x|re',
      'mwaa.user',
      '(',
      '*',
      null,
      1,
      true,
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        word,
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(word.map(String), tie('tree'), { maxKeys: 4 }),
      ),
    }));
    fc.assert(
      fc.property(tree, tree, (detection, other) => {
        const document = { title: 'x', logsource: { product: 'aws', service: 'cloudtrail' }, detection, level: other };
        for (const value of [document, { ...document, level: 'low' }, other]) {
          try {
            readRules([folderOf(JSON.stringify(value))]);
          } catch (error) {
            expect(error).toBeInstanceOf(RuleErrors);
          }
        }
      }),
      { numRuns: scaled(300, 10_000) },
    );
  });
});
