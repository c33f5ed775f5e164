import { type Command, Option } from 'commander';
import { type CriteriaError, TEXT_CRITERIA, TEXT_CRITERION_NAMES } from '../../shared/query/criteria.ts';

/** Adds a flag for each criterion; the options are then `Criteria`. */
export function addCriteriaOptions(command: Command): Command {
  for (const name of TEXT_CRITERION_NAMES) {
    command.addOption(
      new Option(`${flagOf(name)} <value>`, TEXT_CRITERIA[name].says).argParser(
        (value: string, before: string[] = []) => [...before, value],
      ),
    );
  }
  return command
    .option('--errors', 'only events with an error')
    .option('--read-only', 'only events that change nothing')
    .option('--no-read-only', 'only events that change something')
    .option('--since <time>', 'from this time on: ISO 8601, in UTC unless it has an offset, or an age such as 7d')
    .option('--until <time>', 'before this time');
}

/** What is wrong with a flag, by the name under which it was given. */
export function criteriaProblem({ parameter, expectation }: CriteriaError): string {
  return `${flagOf(parameter)}: ${expectation}`;
}

/** `--event-name` */
export function flagOf(criterion: string): string {
  return `--${criterion.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
