/**
 * Makes a function that compiles a WebAssembly binary when it is first called.
 *
 * @param binary base64
 * @returns the module; undefined where WebAssembly, or what the binary uses of it, is not available
 */
export function compiledModule(binary: string): () => WebAssembly.Module | undefined {
  let module: WebAssembly.Module | undefined;
  return () => {
    if (module === undefined && typeof WebAssembly !== 'undefined') {
      const bytes = Buffer.from(binary, 'base64');
      if (WebAssembly.validate(bytes)) module = new WebAssembly.Module(bytes);
    }
    return module;
  };
}
