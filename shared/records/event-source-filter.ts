/** Decides which records are kept: those whose own top-level `eventSource` is one of the wanted. */
export class EventSourceFilter {
  private readonly wanted: ReadonlySet<string>;
  private readonly needles: readonly Buffer[];
  private readonly escapes: RegExp;

  constructor(eventSources: readonly string[]) {
    this.wanted = new Set(eventSources);
    this.needles = [...this.wanted].map((source) => Buffer.from(source));
    this.escapes = escapesOf(eventSources.join(''));
  }

  /**
   * Whether a record may be wanted, told from its bytes alone. In JSON a name stands either literally or with an escape
   * for one of its characters, so a record with neither the name nor such an escape cannot hold it.
   */
  mayKeep(record: Buffer): boolean {
    if (this.needles.some((needle) => record.includes(needle))) return true;
    return record.includes(BACKSLASH) && this.escapes.test(record.toString('latin1'));
  }

  /** Whether a record, a valid JSON object, is wanted. Of several `eventSource` members the last counts. */
  keeps(record: Buffer): boolean {
    const { eventSource } = JSON.parse(record.toString()) as { eventSource?: unknown };
    return typeof eventSource === 'string' && this.wanted.has(eventSource);
  }
}

const BACKSLASH = 0x5c;

/** Matches the `\uXXXX` escapes of the given characters, and all short escapes if there is one for any of them. */
function escapesOf(characters: string): RegExp {
  const units = Array.from({ length: characters.length }, (_, i) => characters.charCodeAt(i));
  const unicode = units.map((unit) => `u${unit.toString(16).padStart(4, '0')}`);
  const short = /["\\/\b\f\n\r\t]/.test(characters) ? ['["\\\\/bfnrt]'] : [];
  return new RegExp(`\\\\(?:${[...new Set(unicode), ...short].join('|')})`, 'i');
}
