import { type Argument as CommanderArgument, InvalidArgumentError, type Option } from 'commander';
import type { Defined } from '../../shared/defined.ts';

/** What a command uses in place of the process. */
export interface Context {
  /** Flags for the AWS settings are written into it. The AWS SDK reads the environment of the process. */
  env: NodeJS.ProcessEnv;
  /** How to call the program, in commands to paste; `mwaa-trail` if it is on the PATH. */
  program: string;
  out: Output;
  err: Output;
  /** Returns a signal that Ctrl-C aborts from now on. A second Ctrl-C ends the process. */
  interrupt(): AbortSignal;
}

/** A stream to write to; the properties of terminals are absent for others. */
export type Output = NodeJS.WritableStream & Partial<Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'hasColors'>>;

/** Exit codes. `failed` also means that something is invalid or missing. */
export const EXIT = { done: 0, failed: 1, usage: 2 } as const;

/** A mistake in the command line. If it is thrown while a value is read, its flag is named too. */
export class UsageError extends InvalidArgumentError {}

/** An argument or a flag. `T` is the type of its value, undefined if it may be left out. */
export interface Parameter<T> {
  readonly value?: T;
}

/** A positional argument: `<name>`, `<name...>` or `[name...]`. */
export interface Argument<T> extends Parameter<T> {
  /** Commander's argument. */
  argument(name: string): CommanderArgument;
}

export interface Flag<T> extends Parameter<T> {
  /** Commander's options for a flag such as `--event-name`. */
  options(flag: string): Option[];
}

/** The values of arguments and flags, by name. */
export type Values<P> = Defined<{ [K in keyof P]: P[K] extends Parameter<infer T> ? T : never }>;

type Arguments = Readonly<Record<string, Argument<unknown>>>;
/** By the name of the value: `eventName` is `--event-name`. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;

/** A command: its arguments and flags, and what it does. */
export interface Command<A extends Arguments, F extends Flags> {
  arguments?: A;
  flags: F;
  /** What its own help says of it; absent: what the list of commands says. */
  about?: string;
  /** Printed below the flags in its help. */
  notes?: string;
  /**
   * Returns the exit code.
   * @throws {UsageError}
   */
  run(given: Values<A> & Values<F>, context: Context): Promise<number>;
}

/** A command with any arguments and flags. */
export type AnyCommand = Omit<Command<Arguments, Flags>, 'run'> & {
  run(given: never, context: Context): Promise<number>;
};

/** A command that consists of commands, by name, with their help. */
export interface CommandGroup {
  commands: Readonly<Record<string, readonly [says: string, command: AnyCommand]>>;
}

/** Declares a command; its arguments and flags give `run` its types. */
// biome-ignore lint/complexity/noBannedTypes: no arguments
export function command<F extends Flags, A extends Arguments = {}>(declared: Command<A, F>): AnyCommand {
  return declared;
}
