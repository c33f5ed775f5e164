/** Replaces each `Fn::If` by its branch, drops resources whose condition is false, and with them the conditions. */
declare function decideConditions(template: {
  Conditions?: Record<string, unknown>;
  Resources: Record<string, object>;
}): void;
declare const plugin: { decideConditions: typeof decideConditions };
export = plugin;
