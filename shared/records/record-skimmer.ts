import { KernelPool } from './kernel-pool.ts';
import { SKIMMER_WASM } from './simd/skimmer.generated.ts';

/** An element accepted by the skimmer that may be a wanted record; `start` and `end` are indices into the text storage. */
interface Candidate {
  /** Number of the element among those accepted by the same call of `skim`. */
  index: number;
  start: number;
  end: number;
}

/** The exports of simd/skimmer.as.ts, where they are described. */
interface SkimmerExports {
  memory: WebAssembly.Memory;
  candidates: WebAssembly.Global;
  suspectUnits: WebAssembly.Global;
  boundary: WebAssembly.Global;
  elementCount: WebAssembly.Global;
  candidateCount: WebAssembly.Global;
  configure(namesAt: number, count: number, elementBytes: number): void;
  begin(at: number, isFirst: boolean): void;
  moved(bytes: number): void;
  skim(end: number, maxElements: number): number;
}

const kernels = new KernelPool<SkimmerExports>(SKIMMER_WASM);

const UNUSUAL = 1;
const FULL = 2;

const NAME_BYTES = 64;
const LONGEST_NAME = NAME_BYTES - 2;
/** The kernel may read this many bytes after the text, without effect. */
const SLACK_BYTES = 64;
const PAGE_BYTES = 65_536;
/** The kernel's own data lie in the first page. */
const NAMES_AT = PAGE_BYTES;

/**
 * Reads elements of `Records` many times faster than the automaton, by WebAssembly SIMD, as long as they are objects with
 * nothing unusual in them. It owns the storage of the text.
 */
export class RecordSkimmer {
  private readonly kernel: SkimmerExports;
  /** Address of the text. */
  private readonly textAt: number;

  /** Returns undefined where WebAssembly SIMD is not available, or no prefilter is possible for the wanted names. */
  static create(eventSources: readonly string[], maxElementBytes: number): RecordSkimmer | undefined {
    const names = eventSources.map((source) => Buffer.from(source));
    if (names.some(({ length }) => length === 0 || length > LONGEST_NAME)) return undefined;
    const kernel = kernels.take();
    return kernel && new RecordSkimmer(kernel, names, eventSources.join(''), maxElementBytes);
  }

  /**
   * In JSON a name stands either literally or with an escape for one of its characters. So the kernel looks for the names as
   * whole strings, and for escapes of code units that occur in them (modulo 256).
   */
  private constructor(kernel: SkimmerExports, names: readonly Buffer[], characters: string, maxElementBytes: number) {
    this.kernel = kernel;
    this.textAt = NAMES_AT + names.length * NAME_BYTES;
    this.storage(0);
    const memory = new Uint8Array(kernel.memory.buffer);
    names.forEach((name, i) => {
      memory[NAMES_AT + i * NAME_BYTES] = name.length;
      memory.set(name, NAMES_AT + i * NAME_BYTES + 1);
    });
    const suspectUnits = memory.subarray(kernel.suspectUnits.value, kernel.suspectUnits.value + 256).fill(0);
    for (let i = 0; i < characters.length; i++) suspectUnits[characters.charCodeAt(i) & 0xff] = 1;
    kernel.configure(NAMES_AT, names.length, maxElementBytes);
  }

  /** Gives the memory to the next skimmer. Do not use this skimmer, or its storage, afterwards. */
  release(): void {
    kernels.release(this.kernel);
  }

  /** Returns storage for at least `capacity` bytes of text, which begins with the bytes of the storage before. */
  storage(capacity: number): Uint8Array<ArrayBuffer> {
    const { memory } = this.kernel;
    const missing = this.textAt + capacity + SLACK_BYTES - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    return new Uint8Array(memory.buffer, this.textAt, memory.buffer.byteLength - SLACK_BYTES - this.textAt);
  }

  /** Index at which the last element accepted ends. */
  get boundary(): number {
    return this.kernel.boundary.value - this.textAt;
  }

  /** Elements accepted by the last `skim`. */
  get elementCount(): number {
    return this.kernel.elementCount.value;
  }

  /** Starts at `index`, just after an element or, with `isFirst`, at the beginning of the array. */
  begin(index: number, isFirst: boolean): void {
    this.kernel.begin(this.textAt + index, isFirst);
  }

  /** To be called when the text has moved to lower indices. */
  moved(bytes: number): void {
    this.kernel.moved(bytes);
  }

  /**
   * Goes on reading up to index `end` at most.
   *
   * @returns `more` if more text is needed, `again` if the candidates must be fetched first, `unusual` if the automaton must
   *   read what comes after `boundary`
   */
  skim(end: number, maxElements: number): 'more' | 'again' | 'unusual' {
    const outcome = this.kernel.skim(this.textAt + end, maxElements);
    return outcome === UNUSUAL ? 'unusual' : outcome === FULL ? 'again' : 'more';
  }

  /** The candidates found by the last `skim`, in file order. */
  candidates(): Candidate[] {
    const { memory, candidates, candidateCount } = this.kernel;
    const fields = new Uint32Array(memory.buffer, candidates.value, 3 * candidateCount.value);
    return Array.from({ length: candidateCount.value }, (_, i) => ({
      index: fields[3 * i] as number,
      start: (fields[3 * i + 1] as number) - this.textAt,
      end: (fields[3 * i + 2] as number) - this.textAt,
    }));
  }
}
