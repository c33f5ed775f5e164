/**
 * The part of the WebAssembly interface in use. TypeScript declares it only with all globals of browsers, which the console has.
 */
declare namespace WebAssembly {
  class Module {
    constructor(binary: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module);
    readonly exports: Readonly<Record<string, unknown>>;
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    /** @param pages of 64 KiB each */
    grow(pages: number): number;
  }
  interface Global {
    readonly value: number;
  }
  function validate(binary: Uint8Array<ArrayBuffer>): boolean;
}
