import { isUtf8 } from 'node:buffer';
import { BadLogFileError } from './bad-log-file.ts';
import { EventSourceFilter } from './event-source-filter.ts';
import { JsonAutomaton, type JsonEvent } from './json-automaton.ts';
import { RecordSkimmer } from './record-skimmer.ts';

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

  private readonly caps: ScannerCaps;
  private readonly filter: EventSourceFilter;
  private readonly automaton: JsonAutomaton;
  private readonly skimmer: RecordSkimmer | undefined;
  /** Storage of the text that is still needed, from the start of the record being read; it fills the storage up to `end`. */
  private text: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  private end = 0;
  /** Offset of `text[0]` in the whole text. */
  private origin = 0;
  /** Index of the first byte not read; while skimming, of the end of the last element accepted. */
  private position = 0;
  private skimming = false;
  private sawRecords = false;
  private inRecords = false;
  /** Index of the element that the automaton is reading; -1 between elements. */
  private element = -1;
  private batch: RecordBatch = { kept: [], bad: [] };

  /** @param useSkimmer whether to read ordinary records by WebAssembly SIMD, where available */
  constructor(eventSources: readonly string[], caps: ScannerCaps, useSkimmer = true) {
    this.caps = caps;
    this.filter = new EventSourceFilter(eventSources);
    this.automaton = new JsonAutomaton(caps.depth);
    this.skimmer = useSkimmer ? RecordSkimmer.create(eventSources, caps.recordBytes) : undefined;
  }

  /**
   * Reads the next piece of text; `piece` may be reused afterwards.
   *
   * @throws BadLogFileError if no valid log file begins like this
   */
  push(piece: Uint8Array): RecordBatch {
    this.append(piece);
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
    const length = this.origin + this.end;
    if (this.automaton.untouched) throw new BadLogFileError('empty', length, 'expected a JSON object');
    if (!this.automaton.complete) throw new BadLogFileError('json-truncated', length, 'expected more JSON text');
    if (!this.sawRecords) throw new BadLogFileError('records-missing', length, 'expected a member Records');
    return batch;
  }

  /** Releases the skimmer's memory. Call it once, at the end, even after an error. */
  close(): void {
    this.skimmer?.release();
  }

  /** Appends a piece to the text. If there is no room, it first forgets what is no longer needed. */
  private append(piece: Uint8Array): void {
    if (this.end + piece.length > this.text.length) {
      this.forget(this.element >= 0 ? this.element : this.position);
      const needed = this.end + piece.length;
      if (needed > this.text.length) this.text = this.enlarged(Math.max(needed, 2 * this.text.length));
    }
    this.text.set(piece, this.end);
    this.end += piece.length;
  }

  /** Moves the text from index `from` on to the beginning of its storage. */
  private forget(from: number): void {
    this.text.copyWithin(0, from, this.end);
    this.origin += from;
    this.end -= from;
    this.position -= from;
    if (this.element >= 0) this.element -= from;
    if (this.skimming) this.skimmer?.moved(from);
  }

  private enlarged(capacity: number): Uint8Array<ArrayBuffer> {
    if (this.skimmer !== undefined) return this.skimmer.storage(capacity);
    const storage = new Uint8Array(capacity);
    storage.set(this.text);
    return storage;
  }

  private read(skimmer: RecordSkimmer | undefined): RecordBatch {
    this.batch = { kept: [], bad: [] };
    while (this.position < this.end) {
      if (!this.skimming) this.step(skimmer);
      else if (skimmer === undefined || !this.skim(skimmer)) break;
    }
    return this.batch;
  }

  /** Lets the skimmer read on. Returns whether it has left anything to do. */
  private skim(skimmer: RecordSkimmer): boolean {
    const outcome = skimmer.skim(this.end, this.caps.records - this.recordsRead);
    for (const { index, start, end } of skimmer.candidates()) this.collect(start, end, this.recordsRead + index);
    if (skimmer.elementCount > 0) this.automaton.passElements();
    this.recordsRead += skimmer.elementCount;
    this.position = skimmer.boundary;
    // What is too long for a record is left to the automaton to refuse.
    if (outcome === 'unusual' || this.end - this.position > this.caps.recordBytes) this.skimming = false;
    return outcome !== 'more' || !this.skimming;
  }

  /** Lets the automaton read up to its next event. */
  private step(skimmer: RecordSkimmer | undefined): void {
    const { text, end, origin } = this;
    const limit = this.element < 0 ? end : Math.min(end, this.element + this.caps.recordBytes + 1);
    this.position = this.automaton.advance(text, this.position, limit, origin);
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
    if (this.skimming) skimmer.begin(this.position, isFirst);
  }

  private enterMember(offset: number): void {
    if (this.automaton.key !== 'Records') return;
    if (this.sawRecords) throw new BadLogFileError('records-twice', offset, 'expected a single member Records');
    this.sawRecords = true;
    this.inRecords = true;
  }

  private enterValue(level: number, offset: number): void {
    const index = offset - this.origin;
    if (level === 0 && this.text[index] !== OPEN_OBJECT) {
      throw new BadLogFileError('top-level-not-an-object', offset, 'expected {');
    }
    if (!this.inRecords) return;
    if (level === 1 && this.text[index] !== OPEN_ARRAY) {
      throw new BadLogFileError('records-not-an-array', offset, 'expected the [ of Records');
    }
    if (level !== 2) return;
    if (this.recordsRead === this.caps.records) {
      throw new BadLogFileError('records-cap', offset, `at most ${this.caps.records} records are read`);
    }
    this.element = index;
  }

  private leaveValue(level: number, offset: number): void {
    if (!this.inRecords) return;
    if (level === 1) this.inRecords = false;
    if (level !== 2) return;
    const end = offset - this.origin;
    this.checkLength(end);
    this.collect(this.element, end, this.recordsRead);
    this.element = -1;
    this.recordsRead++;
  }

  private checkLength(end: number): void {
    if (end - this.element <= this.caps.recordBytes) return;
    const offset = this.origin + this.element;
    throw new BadLogFileError('record-bytes-cap', offset, `a record has at most ${this.caps.recordBytes} bytes`);
  }

  /** Puts the element from index `start` to `end` into the batch if it is wanted or bad. */
  private collect(start: number, end: number, index: number): void {
    const { buffer, byteOffset } = this.text;
    const element = Buffer.from(buffer, byteOffset + start, end - start);
    const offset = this.origin + start;
    if (element[0] !== OPEN_OBJECT) {
      this.batch.bad.push({ index, offset, bytes: Uint8Array.from(element), reason: 'not-an-object' });
    } else if (this.filter.mayKeep(element) && this.filter.keeps(element)) {
      const bytes = Uint8Array.from(element);
      if (isUtf8(bytes)) this.batch.kept.push({ index, offset, bytes });
      else this.batch.bad.push({ index, offset, bytes, reason: 'invalid-utf8' });
    }
  }
}
