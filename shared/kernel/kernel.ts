import { KERNEL_WASM } from './kernel.generated.ts';

/** The exports of kernel.as.ts; its parts describe them. */
export interface Kernel {
  memory: WebAssembly.Memory;
  free: WebAssembly.Global;
  moveText(start: number, from: number, end: number): void;

  input: WebAssembly.Global;
  INPUT_BYTES: WebAssembly.Global;
  MARGIN: WebAssembly.Global;
  OVERRUN: WebAssembly.Global;
  position: WebAssembly.Global;
  textEnd: WebAssembly.Global;
  beginStream(at: number): void;
  inflate(start: number, end: number, isLast: boolean, limit: number): number;

  checksum: WebAssembly.Global;
  crc32(at: number, end: number, before: number): number;

  candidates: WebAssembly.Global;
  suspectUnits: WebAssembly.Global;
  boundary: WebAssembly.Global;
  elementCount: WebAssembly.Global;
  candidateCount: WebAssembly.Global;
  configure(namesAt: number, count: number, elementBytes: number): void;
  beginElements(at: number, isFirst: boolean): void;
  skim(end: number, maxElements: number): number;
}

/** A kernel with more memory, which a huge record needed, is not kept. */
const MAX_IDLE_BYTES = 8 * 1024 ** 2;

let compiled: { module: WebAssembly.Module | undefined } | undefined;
const idle: Kernel[] = [];

/**
 * Returns a kernel that is not in use. They are used again: to make one costs more than to read a small file.
 * @returns undefined where WebAssembly, or what the kernel uses of it, is not available
 */
export function takeKernel(): Kernel | undefined {
  const kernel = idle.pop();
  if (kernel !== undefined) return kernel;
  compiled ??= { module: compile() };
  return compiled.module && (new WebAssembly.Instance(compiled.module).exports as unknown as Kernel);
}

/** Makes a kernel available for the next reader. Do not use it afterwards. */
export function releaseKernel(kernel: Kernel): void {
  if (kernel.memory.buffer.byteLength <= MAX_IDLE_BYTES) idle.push(kernel);
}

function compile(): WebAssembly.Module | undefined {
  if (typeof WebAssembly === 'undefined') return undefined;
  try {
    return new WebAssembly.Module(Buffer.from(KERNEL_WASM, 'base64'));
  } catch {
    return undefined; // no SIMD
  }
}
