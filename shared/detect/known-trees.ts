/** Texts of files of rules, and the trees that they are when parsed: none here; in the built program, those of our own rules. */
export const knownTrees = (): readonly (readonly [text: string, trees: readonly never[]])[] => [];
