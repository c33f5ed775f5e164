import { isUtf8 } from 'node:buffer';
import { TextStorage } from '../kernel/text-storage.ts';
import { BadLogFileError } from './bad-log-file.ts';
import { EventSourceFilter } from './event-source-filter.ts';
import { JsonAutomaton, type JsonEvent } from './json-automaton.ts';
import { type FoundElement, RecordSkimmer } from './record-skimmer.ts';

const OPEN_OBJECT = 0x7b;
const OPEN_ARRAY = 0x5b;

/** A record with a wanted event source. */
export interface KeptRecord {
  /** Position in `Records`, from 0. */
  index: number;
  /** Byte offset of the record in the uncompressed text. */
  offset: number;
  /** A copy of the record's bytes, exactly as in the file: valid UTF-8. */
  bytes: Uint8Array;
  /** Whether it is known to have no white space between its tokens. */
  isCompact: boolean;
}

/** An element of `Records` that cannot be a record, or a wanted record that is not valid UTF-8. */
export interface BadRecord {
  index: number;
  offset: number;
  bytes: Uint8Array;
  reason: 'not-an-object' | 'invalid-utf8';
}

/** The records found in one piece of text, in file order. */
export interface RecordBatch {
  kept: KeptRecord[];
  bad: BadRecord[];
}

export interface ScannerCaps {
  /** Longest record, in bytes. */
  recordBytes: number;
  /** Deepest nesting; the outermost object is level 1. */
  depth: number;
  /** Most elements of `Records`. */
  records: number;
}

/**
 * Reads the text of one log file, piece by piece: checks all of it against the grammar of JSON and the shape of a log
 * file, and finds the wanted records. Holds no more than the record being read and one piece.
 *
 * Two readers take turns. The automaton understands everything, and it alone reports errors. The skimmer passes quickly over
 * ordinary elements of `Records`; where it stops, the automaton reads one element from its beginning. The outcome is the same
 * without the skimmer.
 */
export class RecordScanner {
  /** Elements of `Records` read to their end. */
  recordsRead = 0;
  /** The text that is still needed. */
  readonly text: TextStorage;

  private readonly caps: ScannerCaps;
  private readonly filter: EventSourceFilter;
  private readonly automaton: JsonAutomaton;
  private readonly skimmer: RecordSkimmer | undefined;
  /** Offset of the first byte not read; while skimming, of the end of the last element accepted. */
  private position = 0;
  private skimming = false;
  private sawRecords = false;
  private inRecords = false;
  /** Offset of the element that the automaton is reading; -1 between elements. */
  private element = -1;
  /** Elements of the text that were read by the present call and are wanted or bad. */
  private found: FoundElement[] = [];

  /** @param useSkimmer whether to read ordinary records by WebAssembly SIMD, where available */
  constructor(eventSources: readonly string[], caps: ScannerCaps, useSkimmer = true) {
    this.caps = caps;
    this.filter = new EventSourceFilter(eventSources);
    this.automaton = new JsonAutomaton(caps.depth);
    this.skimmer = useSkimmer ? RecordSkimmer.create(eventSources, caps.recordBytes) : undefined;
    this.text = this.skimmer?.storage ?? new TextStorage();
  }

  /**
   * Reads the next piece of text; it may be reused afterwards.
   *
   * @throws BadLogFileError if no valid log file begins like this
   */
  push(piece: Uint8Array): RecordBatch {
    this.text.append(piece);
    return this.read(this.skimmer);
  }

  /**
   * Reads what is left.
   *
   * @throws BadLogFileError if the text is no whole log file
   */
  finish(): RecordBatch {
    this.skimming = false;
    const batch = this.read(undefined);
    const length = this.text.origin + this.text.end;
    if (this.automaton.untouched) throw new BadLogFileError('empty', length, 'expected a JSON object');
    if (!this.automaton.complete) throw new BadLogFileError('json-truncated', length, 'expected more JSON text');
    if (!this.sawRecords) throw new BadLogFileError('records-missing', length, 'expected a member Records');
    return batch;
  }

  /** Releases the skimmer's memory. Call it once, at the end, even after an error. */
  close(): void {
    this.skimmer?.release();
  }

  private read(skimmer: RecordSkimmer | undefined): RecordBatch {
    this.found = [];
    const end = this.text.origin + this.text.end;
    while (this.position < end) {
      if (!this.skimming) this.step(skimmer, end);
      else if (skimmer === undefined || !this.skim(skimmer, end)) break;
    }
    this.text.neededFrom = this.element >= 0 ? this.element : this.position;
    return this.copyFound();
  }

  /** Lets the skimmer read on. Returns whether it has left anything to do. */
  private skim(skimmer: RecordSkimmer, end: number): boolean {
    const { origin } = this.text;
    const outcome = skimmer.skim(end - origin, this.caps.records - this.recordsRead);
    for (const { index, ...candidate } of skimmer.candidates())
      this.collect({ ...candidate, index: this.recordsRead + index });
    if (skimmer.elementCount > 0) this.automaton.passElements();
    this.recordsRead += skimmer.elementCount;
    this.position = origin + skimmer.boundary;
    // What is too long for a record is left to the automaton to refuse.
    if (outcome === 'unusual' || end - this.position > this.caps.recordBytes) this.skimming = false;
    return outcome !== 'more' || !this.skimming;
  }

  /** Lets the automaton read up to its next event. */
  private step(skimmer: RecordSkimmer | undefined, end: number): void {
    const { bytes, origin } = this.text;
    const limit = this.element < 0 ? end : Math.min(end, this.element + this.caps.recordBytes + 1);
    this.position = origin + this.automaton.advance(bytes, this.position - origin, limit - origin, origin);
    const { event, level, offset } = this.automaton;
    if (event === 'key') this.enterMember(offset);
    else if (event === 'value-start') this.enterValue(level, offset);
    else if (event === 'value-end') this.leaveValue(level, offset);
    else if (this.element >= 0) this.checkLength(limit);
    if (skimmer !== undefined && this.inRecords) this.handOver(skimmer, event, level);
  }

  /** Gives the turn to the skimmer after the bracket that opens `Records` and after each element. */
  private handOver(skimmer: RecordSkimmer, event: JsonEvent, level: number): void {
    const isFirst = event === 'value-start' && level === 1;
    this.skimming = isFirst || (event === 'value-end' && level === 2);
    if (this.skimming) skimmer.begin(this.position - this.text.origin, isFirst);
  }

  private enterMember(offset: number): void {
    if (this.automaton.key !== 'Records') return;
    if (this.sawRecords) throw new BadLogFileError('records-twice', offset, 'expected a single member Records');
    this.sawRecords = true;
    this.inRecords = true;
  }

  private enterValue(level: number, offset: number): void {
    const first = this.text.bytes[offset - this.text.origin];
    if (level === 0 && first !== OPEN_OBJECT) {
      throw new BadLogFileError('top-level-not-an-object', offset, 'expected {');
    }
    if (!this.inRecords) return;
    if (level === 1 && first !== OPEN_ARRAY) {
      throw new BadLogFileError('records-not-an-array', offset, 'expected the [ of Records');
    }
    if (level !== 2) return;
    if (this.recordsRead === this.caps.records) {
      throw new BadLogFileError('records-cap', offset, `at most ${this.caps.records} records are read`);
    }
    this.element = offset;
  }

  private leaveValue(level: number, offset: number): void {
    if (!this.inRecords) return;
    if (level === 1) this.inRecords = false;
    if (level !== 2) return;
    this.checkLength(offset);
    const { origin } = this.text;
    const place = { index: this.recordsRead, start: this.element - origin, end: offset - origin };
    this.collect({ ...place, isWanted: false, isCompact: false });
    this.element = -1;
    this.recordsRead++;
  }

  private checkLength(end: number): void {
    if (end - this.element <= this.caps.recordBytes) return;
    throw new BadLogFileError('record-bytes-cap', this.element, `a record has at most ${this.caps.recordBytes} bytes`);
  }

  /** Notes an element if it is wanted or bad. */
  private collect(element: FoundElement): void {
    const { start, end, isWanted } = element;
    if (isWanted || this.isWantedOrBad(start, end)) this.found.push(element);
  }

  private isWantedOrBad(start: number, end: number): boolean {
    const { bytes: text } = this.text;
    const element = Buffer.from(text.buffer, text.byteOffset + start, end - start);
    return element[0] !== OPEN_OBJECT || (this.filter.mayKeep(element) && this.filter.keeps(element));
  }

  /** Returns the elements found. They are copied and checked together: for each of them, that takes longer than its bytes do. */
  private copyFound(): RecordBatch {
    const batch: RecordBatch = { kept: [], bad: [] };
    const { bytes: text, origin } = this.text;
    const bytes = this.found.reduce((sum, { start, end }) => sum + end - start, 0);
    const copies = new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
    let length = 0;
    for (const { start, end } of this.found) {
      copies.set(text.subarray(start, end), length);
      length += end - start;
    }
    // Each begins and ends with an ASCII character, so together they are UTF-8 only if each of them is.
    const areUtf8 = isUtf8(copies);
    let at = 0;
    for (const { index, start, end, isCompact } of this.found) {
      const bytes = copies.subarray(at, at + end - start);
      at += bytes.length;
      const place = { index, offset: origin + start, bytes };
      if (bytes[0] !== OPEN_OBJECT) batch.bad.push({ ...place, reason: 'not-an-object' });
      else if (areUtf8 || isUtf8(bytes)) batch.kept.push({ ...place, isCompact });
      else batch.bad.push({ ...place, reason: 'invalid-utf8' });
    }
    return batch;
  }
}
