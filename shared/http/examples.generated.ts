export const EXAMPLE_BODIES: Readonly<Record<string, string>> = {};
