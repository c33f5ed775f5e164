/** A part that the stack should have does not exist. */
export class GoneError extends Error {}

/** Something cannot be checked because of the state of the stack. */
export class UnknownError extends Error {}
