/** A kernel with more memory, which a huge record needed, is not kept. */
const MAX_IDLE_BYTES = 8 * 1024 ** 2;

/** The kernels (instances) of one WebAssembly binary. They are reused: to make one costs more than to read a small file. */
export class KernelPool<Exports extends { memory: WebAssembly.Memory }> {
  private readonly binary: string;
  private module: WebAssembly.Module | undefined;
  private readonly idle: Exports[] = [];

  /** @param binary base64; compiled when a kernel is first taken */
  constructor(binary: string) {
    this.binary = binary;
  }

  /** Returns undefined where WebAssembly, or what the binary uses of it, is not available. */
  take(): Exports | undefined {
    const kernel = this.idle.pop();
    if (kernel !== undefined) return kernel;
    this.module ??= this.compile();
    return this.module && (new WebAssembly.Instance(this.module).exports as unknown as Exports);
  }

  /** Makes a kernel available for the next reader. */
  release(kernel: Exports): void {
    if (kernel.memory.buffer.byteLength <= MAX_IDLE_BYTES) this.idle.push(kernel);
  }

  private compile(): WebAssembly.Module | undefined {
    if (typeof WebAssembly === 'undefined') return undefined;
    const bytes = Buffer.from(this.binary, 'base64');
    return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : undefined;
  }
}
