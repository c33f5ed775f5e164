import type { Command, Option } from 'commander';
import { TEXT_CRITERIA } from '../../shared/query/criteria-table.ts';

/** What may follow a command. */
export interface CommandWords {
  /** `quarantine list`; empty for the program itself. */
  path: string;
  /** Its commands, by name. */
  commands: Word[];
  flags: FlagWords[];
  /** The first operand. */
  operand: Operand;
}

export interface Word {
  name: string;
  says: string;
}

export interface FlagWords extends Word {
  value: Operand;
}

/** What stands in one place: nothing, a file, one of these words, or text that nobody can guess. */
export type Operand = 'nothing' | 'file' | 'text' | readonly string[];

/** What every command of the program takes, for the completions of shells. */
export function wordsOf(program: Command): CommandWords[] {
  return [program, ...program.commands.flatMap((command) => [command, ...command.commands])].map((command) => ({
    path: pathOf(command),
    commands: command.commands.map((one) => ({ name: one.name(), says: one.summary() || one.description() })),
    flags: command.options.flatMap(flagOf),
    operand: operandOf(command),
  }));
}

const pathOf = (command: Command): string =>
  command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim();

function flagOf(option: Option): FlagWords[] {
  const { long, hidden, description, argChoices, flags } = option;
  if (!long || hidden) return [];
  const { values } = TEXT_CRITERIA[option.attributeName() as keyof typeof TEXT_CRITERIA] ?? {};
  return [{ name: long, says: description, value: argChoices ?? values ?? placeholderOf(flags) }];
}

/** @param flags such as `--out <file>` */
function placeholderOf(flags: string): Operand {
  const [, placeholder] = /[<[]([\w=-]+)/.exec(flags) ?? [];
  if (placeholder === undefined) return 'nothing';
  return /^(file|dir)$/i.test(placeholder) ? 'file' : 'text';
}

/** Operands that are files and folders of this machine, among others. */
const FILES: ReadonlySet<string> = new Set(['file', 'paths', 'source', 'what']);

function operandOf({ registeredArguments: [operand] }: Command): Operand {
  if (operand === undefined) return 'nothing';
  return operand.argChoices ?? (FILES.has(operand.name()) ? 'file' : 'text');
}
