import { compiledModule } from '../records/compiled-module.ts';
import { INFLATE_WASM } from './inflate/inflate.generated.ts';

/** The exports of inflate/inflate.as.ts, where they are described. */
interface InflateExports {
  memory: WebAssembly.Memory;
  input: WebAssembly.Global;
  INPUT_BYTES: WebAssembly.Global;
  MARGIN: WebAssembly.Global;
  text: WebAssembly.Global;
  textEnd: WebAssembly.Global;
  position: WebAssembly.Global;
  begin(): void;
  inflate(start: number, end: number, isLast: boolean): number;
}

const OUTCOMES = ['more', 'again', 'end', 'corrupt', 'truncated'] as const;

const inflateModule = compiledModule(INFLATE_WASM);

/** Kernels that no file is read with now. A new one costs more than reading a small file. */
const idle: InflateExports[] = [];

/** Inflates DEFLATE streams by WebAssembly. It owns the storage of the compressed bytes. */
export class Inflater {
  /** Where compressed bytes are to be put; `margin` zeros must follow the last ones. */
  readonly input: Uint8Array<ArrayBuffer>;
  /** So many bytes make it possible to go on, unless there are no more. */
  readonly margin: number;

  private readonly kernel: InflateExports;
  private readonly inputAt: number;
  private readonly textAt: number;

  /** Returns undefined where WebAssembly SIMD is not available. */
  static create(): Inflater | undefined {
    const module = inflateModule();
    if (module === undefined) return undefined;
    return new Inflater(idle.pop() ?? (new WebAssembly.Instance(module).exports as unknown as InflateExports));
  }

  private constructor(kernel: InflateExports) {
    this.kernel = kernel;
    this.inputAt = kernel.input.value;
    this.textAt = kernel.text.value;
    this.margin = kernel.MARGIN.value;
    this.input = new Uint8Array(kernel.memory.buffer, this.inputAt, kernel.INPUT_BYTES.value + this.margin);
  }

  /** Lets the next inflater have the memory; nothing of this one may be used any more. */
  release(): void {
    idle.push(this.kernel);
  }

  /** Starts a stream. */
  begin(): void {
    this.kernel.begin();
  }

  /**
   * Goes on with the input from index `start` to `end`.
   *
   * @param isLast whether no more input can come
   * @returns `more` when more input is needed, `again` when there is more text, `end` after the last of it
   */
  inflate(start: number, end: number, isLast: boolean): (typeof OUTCOMES)[number] {
    return OUTCOMES[this.kernel.inflate(this.inputAt + start, this.inputAt + end, isLast)]!;
  }

  /** Index of the first byte of the input not read by the last `inflate`. */
  get position(): number {
    return this.kernel.position.value - this.inputAt;
  }

  /** What the last `inflate` brought to light; valid until the next. */
  get text(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.kernel.memory.buffer, this.textAt, this.kernel.textEnd.value - this.textAt);
  }
}
