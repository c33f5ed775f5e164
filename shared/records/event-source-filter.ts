/** Decides which records are kept: those whose own top-level `eventSource` is one of the wanted. */
export class EventSourceFilter {
  private readonly wanted: ReadonlySet<string>;
  private readonly needles: readonly Buffer[];

  constructor(eventSources: readonly string[]) {
    this.wanted = new Set(eventSources);
    this.needles = [...this.wanted].map((source) => Buffer.from(source));
  }

  /**
   * Whether a record may be wanted, told from its bytes alone. In JSON a name stands either literally or with an escape
   * in it, so a record with neither the name nor a backslash cannot hold it.
   */
  mayKeep(record: Buffer): boolean {
    return record.includes(BACKSLASH) || this.needles.some((needle) => record.includes(needle));
  }

  /** Whether a record, a valid JSON object, is wanted. Of several `eventSource` members the last counts. */
  keeps(record: Buffer): boolean {
    const { eventSource } = JSON.parse(record.toString()) as { eventSource?: unknown };
    return typeof eventSource === 'string' && this.wanted.has(eventSource);
  }
}

const BACKSLASH = 0x5c;
