import { type Kernel, releaseKernel, takeKernel } from '../kernel/kernel.ts';
import { TextStorage } from '../kernel/text-storage.ts';

/** An element of `Records`; `start` and `end` are indices into the storage. */
export interface FoundElement {
  index: number;
  start: number;
  end: number;
  /** Whether it is known to be a wanted record. */
  isWanted: boolean;
  /** Whether it is known to have no white space between its tokens. */
  isCompact: boolean;
}

const UNUSUAL = 1;
const FULL = 2;

// What the kernel is sure of.
const WANTED = 1;
const COMPACT = 2;

const NAME_BYTES = 64;
const LONGEST_NAME = NAME_BYTES - 2;

/**
 * Reads elements of `Records` many times faster than the automaton, by WebAssembly SIMD, as long as they are objects with
 * nothing unusual in them.
 */
export class RecordSkimmer {
  /** Where the text has to be. */
  readonly storage: TextStorage;
  private readonly kernel: Kernel;

  /** Returns undefined where WebAssembly SIMD is not available, or no prefilter is possible for the wanted names. */
  static create(eventSources: readonly string[], maxElementBytes: number): RecordSkimmer | undefined {
    const names = eventSources.map((source) => Buffer.from(source));
    if (names.some(({ length }) => length === 0 || length > LONGEST_NAME)) return undefined;
    const kernel = takeKernel();
    // A backslash is always written as an escape.
    const literal = names.filter((name) => !name.includes('\\'));
    return kernel && new RecordSkimmer(kernel, literal, eventSources.join(''), maxElementBytes);
  }

  /**
   * In JSON a name stands either literally or with an escape for one of its characters. So the kernel looks for the names as
   * whole strings, and for escapes of code units that occur in them (modulo 256).
   */
  private constructor(kernel: Kernel, names: readonly Buffer[], characters: string, maxElementBytes: number) {
    this.kernel = kernel;
    const list = new TextStorage(kernel, kernel.free.value);
    for (const name of names)
      list.append(Buffer.from([name.length, ...name, ...Buffer.alloc(LONGEST_NAME + 1 - name.length)]));
    this.storage = new TextStorage(kernel, kernel.free.value + list.end);
    const suspectUnits = new Uint8Array(kernel.memory.buffer, kernel.suspectUnits.value, 256).fill(0);
    for (let i = 0; i < characters.length; i++) suspectUnits[characters.charCodeAt(i) & 0xff] = 1;
    kernel.configure(kernel.free.value, names.length, maxElementBytes);
  }

  /** Gives the memory to the next skimmer. Do not use this skimmer, or its storage, afterwards. */
  release(): void {
    releaseKernel(this.kernel);
  }

  /** Index at which the last element accepted ends. */
  get boundary(): number {
    return this.kernel.boundary.value - this.storage.address;
  }

  /** Elements accepted by the last `skim`. */
  get elementCount(): number {
    return this.kernel.elementCount.value;
  }

  /** Starts at `index`, just after an element or, with `isFirst`, at the beginning of the array. */
  begin(index: number, isFirst: boolean): void {
    this.kernel.beginElements(this.storage.address + index, isFirst);
  }

  /**
   * Goes on reading up to index `end` at most.
   *
   * @returns `more` if more text is needed, `again` if the candidates must be fetched first, `unusual` if the automaton must
   *   read what comes after `boundary`
   */
  skim(end: number, maxElements: number): 'more' | 'again' | 'unusual' {
    const outcome = this.kernel.skim(this.storage.address + end, maxElements);
    return outcome === UNUSUAL ? 'unusual' : outcome === FULL ? 'again' : 'more';
  }

  /** The elements accepted by the last `skim` that may be wanted, in file order; their indices count those accepted. */
  candidates(): FoundElement[] {
    const { memory, candidates, candidateCount } = this.kernel;
    const fields = new Uint32Array(memory.buffer, candidates.value, 4 * candidateCount.value);
    const found: FoundElement[] = [];
    for (let at = 0; at < fields.length; at += 4) {
      const [index = 0, start = 0, end = 0, facts = 0] = fields.subarray(at, at + 4);
      found.push({
        index,
        start: start - this.storage.address,
        end: end - this.storage.address,
        isWanted: (facts & WANTED) !== 0,
        isCompact: (facts & COMPACT) !== 0,
      });
    }
    return found;
  }
}
