interface Serverless {
  options: { param?: string[] | null };
  /** The value of a variable of Serverless, such as `sls:stage`. */
  resolveVariable(name: string): Promise<unknown>;
}

/**
 * The parameters by group: `default`, and the name of the stage. Those in `options.param` are checked, but not among them.
 * @throws if a name is misspelled or a value invalid
 */
declare function parameters(serverless: Serverless): Promise<Record<string, Record<string, unknown>>>;
declare namespace parameters {
  /** Reads `NAME=VALUE`. */
  function typedParameters(params: readonly string[] | null | undefined): Record<string, string>;
}
export = parameters;
