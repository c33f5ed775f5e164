/** Replaces each `Fn::If` by its branch, drops resources and outputs whose condition is false, and with them the conditions. */
declare function decideConditions(template: {
  Conditions?: Record<string, unknown>;
  Resources: Record<string, object>;
  Outputs?: Record<string, object>;
}): void;
declare const plugin: { decideConditions: typeof decideConditions };
export = plugin;
