import { InvalidArgumentError, Option } from 'commander';
import { nearestNames } from '../../shared/query/near-names.ts';

/**
 * `--format`, with one rule for all commands: the first is what is printed unless it is given, on a terminal and elsewhere,
 * and is for people; programs name one of the others.
 */
export function formatOption(formats: readonly [string, ...string[]], says = 'how to print'): Option {
  return new Option('--format <format>', says)
    .choices(formats)
    .default(formats[0])
    .argParser((value) => choice(formats, value));
}

/** @throws {InvalidArgumentError} that lists the choices, when it is none of them */
export function choice(choices: readonly string[], value: string): string {
  if (choices.includes(value)) return value;
  const [nearest] = nearestNames(value, choices);
  throw new InvalidArgumentError(
    `Allowed choices are ${choices.join(', ')}.${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`,
  );
}
