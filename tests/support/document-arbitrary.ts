import fc from 'fast-check';

/** The event sources the tests ask for: one of Amazon MWAA's own, one with characters that JSON may escape. */
export const WANTED = ['airflow.amazonaws.com', 'a/"b\\\u00e9\u{1f40d}.example'] as const;

/** How a value is written: JSON leaves white space, escapes and the form of numbers open. */
interface Style {
  spaces: string;
  escapeShare: number;
}

/** The text of log files: valid, but with everything in them that JSON allows. */
export const documentText: fc.Arbitrary<string> = fc
  .record({
    records: fc.array(element(), { maxLength: 12 }),
    before: fc.array(member(), { maxLength: 2 }),
    after: fc.array(member(), { maxLength: 2 }),
    spaces: fc.constantFrom('', '', '', '', ' ', ' ', '\n', '\t', '\r\n', '  \n\t'),
    escapeShare: fc.constantFrom(0, 0, 0.02, 0.5),
    byteOrderMark: fc.constantFrom('', '', '', '\ufeff'),
    seed: fc.nat(),
  })
  .map(({ records, before, after, spaces, escapeShare, byteOrderMark, seed }) => {
    const writer = new Writer({ spaces, escapeShare }, seed);
    const members = [...before, ['Records', records] as const, ...after];
    return byteOrderMark + writer.space() + writer.object(members) + writer.space();
  });

type Member = readonly [string, unknown];

/** An object written with its members in the given order, repeated names included. */
class Members {
  readonly list: readonly Member[];
  constructor(list: readonly Member[]) {
    this.list = list;
  }
}

/** A number in a given spelling. */
class Spelling {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

function element(): fc.Arbitrary<unknown> {
  return fc.oneof({ weight: 12, arbitrary: record() }, { weight: 1, arbitrary: value() });
}

function record(): fc.Arbitrary<Members> {
  const source = fc.constantFrom(
    ...WANTED,
    'airflow.amazonaws.co',
    'xairflow.amazonaws.com',
    's3.amazonaws.com',
    null,
    7,
  );
  const sources = fc.array(
    source.map((name): Member => ['eventSource', name]),
    { minLength: 0, maxLength: 2 },
  );
  const others = fc.array(member(), { maxLength: 14 });
  return fc
    .tuple(sources, others, fc.nat())
    .map(([first, second, at]) => new Members(second.toSpliced(at % (second.length + 1), 0, ...first)));
}

function member(): fc.Arbitrary<Member> {
  const key = fc.oneof(
    fc.constantFrom(
      'eventName',
      'requestParameters',
      'records',
      'Records ',
      'eventsource',
      '__proto__',
      'constructor',
      '',
    ),
    text(),
  );
  return fc.tuple(key, value());
}

function value(): fc.Arbitrary<unknown> {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar(),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.array(fc.tuple(nestedKey(), tie('tree')), { maxLength: 4 }).map((list) => new Members(list as Member[])),
    ),
  }));
  return tree;
}

function nestedKey(): fc.Arbitrary<string> {
  return fc.oneof(fc.constantFrom('eventSource', 'Records'), text());
}

function scalar(): fc.Arbitrary<unknown> {
  const spelling = fc.constantFrom('0', '-0', '1e400', '-1E-5', '9007199254740993', '0.5e+1', '12345678901234567890.1');
  return fc.oneof(
    text(),
    fc.constantFrom(true, false, null),
    fc
      .oneof(spelling, fc.double({ noNaN: true, noDefaultInfinity: true }).map(String))
      .map((form) => new Spelling(form)),
  );
}

function text(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.string({ maxLength: 200, size: 'max' }),
    fc.constantFrom(
      ...WANTED,
      '{"eventSource":"airflow.amazonaws.com"}',
      '"},{"eventSource":"airflow.amazonaws.com","a":"',
      '\\',
      '\\\\"',
      '"]}',
      '\ud800',
      '\u0000\u001f\u007f\u2028',
    ),
  );
}

class Writer {
  private readonly style: Style;
  private state: number;

  constructor(style: Style, seed: number) {
    this.style = style;
    this.state = seed;
  }

  space(): string {
    return this.random() < 0.5 ? this.style.spaces : '';
  }

  object(members: readonly Member[]): string {
    const parts = members.map(([key, item]) => `${this.string(key)}${this.space()}:${this.space()}${this.value(item)}`);
    return this.bracketed('{', parts, '}');
  }

  private value(item: unknown): string {
    if (typeof item === 'string') return this.string(item);
    if (item instanceof Spelling) return item.text;
    if (item instanceof Members) return this.object(item.list);
    if (Array.isArray(item))
      return this.bracketed(
        '[',
        item.map((part) => this.value(part)),
        ']',
      );
    return JSON.stringify(item);
  }

  private bracketed(open: string, parts: readonly string[], close: string): string {
    return open + this.space() + parts.join(`${this.space()},${this.space()}`) + this.space() + close;
  }

  private string(content: string): string {
    const characters = Array.from({ length: content.length }, (_, i) => this.character(content, i));
    return `"${characters.join('')}"`;
  }

  private character(content: string, index: number): string {
    const unit = content.charCodeAt(index);
    const escaped = `\\u${unit.toString(16).padStart(4, '0')}`;
    if (this.random() < this.style.escapeShare)
      return this.random() < 0.5 ? escaped : escaped.toUpperCase().replace('U', 'u');
    if (unit < 0x20 || unit === 0x22 || unit === 0x5c) return JSON.stringify(content.charAt(index)).slice(1, -1);
    if (unit === 0x2f && this.style.escapeShare > 0) return '\\/';
    // A lone surrogate can only be written as an escape.
    const isPair = /[\ud800-\udbff][\udc00-\udfff]/.test(content.slice(index, index + 2));
    const endsPair = index > 0 && /[\ud800-\udbff][\udc00-\udfff]/.test(content.slice(index - 1, index + 1));
    if (unit >= 0xd800 && unit <= 0xdfff && !isPair && !endsPair) return escaped;
    // Escaping one half of a pair would leave the other half alone.
    return content.charAt(index);
  }

  private random(): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return this.state / 2 ** 32;
  }
}
