import { type Argument, Command, CommanderError, type Option } from 'commander';
import { describeError, TrailError } from '../shared/errors.ts';
import { CriteriaError } from '../shared/query/criteria.ts';
import { flagOf } from '../shared/query/criteria-table.ts';
import { VERSION } from '../shared/version.ts';
import { type AwsOptions, applyAwsOptions, settingsProblem } from './lib/aws-settings.ts';
import { type AnyCommand, type CommandGroup, type Context, EXIT, UsageError } from './lib/command.ts';
import { withNearFlags } from './lib/unknown-flags.ts';

/** For main.ts, which loads nothing that `scan` does not need. */
export { calledAs } from './lib/called-as.ts';

type Loaded = { default: AnyCommand | CommandGroup };

/** The commands by what they are for, in the order of the help: what it says of each, and how to load it, if it is called. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, [says: string, load: () => Promise<Loaded>]>>>> = {
  'Ask:': {
    query: ['list events', () => import('./commands/query.ts')],
    show: ['show everything stored of one event', () => import('./commands/show.ts')],
    compare: ['compare the records of events, field by field', () => import('./commands/compare.ts')],
    summary: ['count events by action, user, role, target, outcome and day', () => import('./commands/summary.ts')],
    who: ['show what a person did, and all that is known of them', () => import('./commands/who.ts')],
    tail: ['print new events as they arrive', () => import('./commands/tail.ts')],
    environments: ['list the environments, and how busy they are', () => import('./commands/environments.ts')],
    detect: ['find what the detection rules say is suspicious', () => import('./commands/detect.ts')],
    history: ["show how an environment's configuration changed", () => import('./commands/history.ts')],
    export: ['export events for Athena, DuckDB, Spark or a SIEM', () => import('./commands/export.ts')],
  },
  'Keep running:': {
    doctor: ['check a deployed stack and its trail', () => import('./commands/doctor.ts')],
    coverage: ['show which log files are ingested, by day', () => import('./commands/coverage.ts')],
    backfill: ['import existing log files of a bucket', () => import('./commands/backfill.ts')],
    quarantine: [
      'list, show, replay or discard invalid log files and records',
      () => import('./commands/quarantine.ts'),
    ],
    alerts: ['print the digest, or send a test alert', () => import('./commands/alerts.ts')],
    migrate: ['bring events of older schema versions to the current one', () => import('./commands/migrate.ts')],
    redrive: ['move the messages of a dead-letter queue back', () => import('./commands/redrive.ts')],
  },
  'Check and prove:': {
    verify: ['check completeness and integrity, with signed digests', () => import('./commands/verify.ts')],
    evidence: ['collect all that proves an event in one file', () => import('./commands/evidence.ts')],
  },
  'On this machine:': {
    replay: ['run log files through the whole pipeline', () => import('./commands/replay.ts')],
    serve: ['open the console in a browser, and serve the HTTP API', () => import('./commands/serve.ts')],
    scan: ['print the MWAA records of a log file', () => import('./commands/scan.ts')],
    completion: ['print the completion script of a shell', loadCompletion],
  },
};

async function loadCompletion(): Promise<Loaded> {
  const { completion } = await import('./commands/completion.ts');
  return { default: completion((context) => createProgram(context, () => {})) };
}

/**
 * Runs `mwaa-trail` with a command line.
 * @param args what follows the name of the program
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], context: Context): Promise<number> {
  let called: Called = { path: [], run: async () => EXIT.done };
  try {
    const onCall = (one: Called) => {
      called = one;
    };
    const program = await createProgram(context, onCall, args);
    program.parse(helpWanted(program, args), { from: 'user' });
    return await called.run();
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof CriteriaError;
    // Commander has printed what is wrong; 0 stands for --help and --version.
    if (error instanceof CommanderError && !isUsage) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    context.err.write(`mwaa-trail: ${problemOf(error, context.env.AWS_PROFILE)}\n`);
    if (isUsage) context.err.write(`${helpHint(context, called.path)}\n`);
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}

/**
 * Commander explains a parent, as if all were well, if help on a command is asked that it does not have, and knows `help` for one
 * level only. So `help quarantine list` becomes `quarantine list --help`, and of an unknown command only its name is left.
 */
function helpWanted(program: Command, args: readonly string[]): readonly string[] {
  const path: string[] = [];
  let command: Command | undefined = program;
  let isAsked = false;
  for (const word of args) {
    if (word.startsWith('-') || command.commands.length === 0) break;
    if (word === 'help') {
      isAsked = true;
      continue;
    }
    path.push(word);
    command = command.commands.find((one) => one.name() === word);
    if (command === undefined) return path;
  }
  return isAsked ? [...path, '--help'] : args;
}

/** A command with its arguments and flags. */
interface Called {
  /** `quarantine`, `list` */
  path: readonly string[];
  /** Returns the exit code. */
  run(): Promise<number>;
}

/**
 * Creates the program for commander.
 * @param onCall called with the command that the command line names
 * @param words load only the commands among them; all, if absent
 */
export async function createProgram(
  context: Context,
  onCall: (called: Called) => void,
  words?: readonly string[],
): Promise<Command> {
  const { out, err } = context;
  const program = new Command('mwaa-trail')
    .description('The audit trail of Amazon MWAA: who did what to your Airflow environments.')
    .version(VERSION)
    .exitOverride()
    .configureHelp({ minWidthToWrap: MIN_WIDTH_TO_WRAP, optionDescription: described, argumentDescription: described })
    .showHelpAfterError(helpHint(context, []))
    .addHelpCommand(new Command('help').argument('[command]').description('explain a command').helpGroup('Help:'))
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      outputError: (text, write) => write(named(text)),
      getOutHelpWidth: () => widthOf(out),
      getErrHelpWidth: () => widthOf(err),
    });
  const declare = (command: Command, declared: AnyCommand) => fill(command, declared, context, onCall);
  for (const [purpose, commands] of Object.entries(COMMANDS)) {
    for (const [name, [says, load]] of Object.entries(commands)) {
      const command = addCommand(program, name, says, context).helpGroup(purpose);
      if (words && !words.includes(name)) continue;
      const { default: loaded } = await load();
      if (!('commands' in loaded)) declare(command, loaded);
      else
        for (const [verb, [does, one]] of Object.entries(loaded.commands))
          declare(addCommand(command, verb, does, context), one);
    }
  }
  return program;
}

function addCommand(parent: Command, name: string, says: string, context: Context): Command {
  const command = parent.command(name).summary(says).description(sentence(says));
  return command.showHelpAfterError(helpHint(context, pathOf(command)));
}

/** Gives a command its arguments and flags. */
function fill(command: Command, declared: AnyCommand, context: Context, onCall: (called: Called) => void): void {
  const { about, arguments: ownArguments = {}, notes } = declared;
  if (about !== undefined) command.description(about);
  const operands = Object.entries(ownArguments);
  for (const [name, { argument }] of operands) command.addArgument(argument(name));
  for (const [name, flag] of Object.entries(declared.flags)) {
    for (const option of flag.options(flagOf(name))) command.addOption(option);
  }
  const required = command.options.flatMap(({ mandatory, flags }) => (mandatory ? [flags] : []));
  command.usage(command.usage().replace('[options]', ['[options]', ...required].join(' ')));
  const flags = command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));
  command.showSuggestionAfterError(false).configureOutput({
    outputError: (text, write) => write(named(withNearFlags(text, flags))),
  });
  if (notes) command.addHelpText('after', () => `\n${command.createHelp().boxWrap(notes, widthOf(context.out))}`);
  command.action((...values: unknown[]) => {
    const options: AwsOptions = command.opts();
    const given = { ...options, ...Object.fromEntries(operands.map(([name], i) => [name, values[i]])) };
    onCall({
      path: pathOf(command),
      run() {
        applyAwsOptions(options, context.env);
        return declared.run(given as never, context);
      },
    });
  });
}

/** Lists have phrases; the help of a command begins with sentences. */
const sentence = (phrase: string) => `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`;

const pathOf = (command: Command): string[] => (command.parent ? [...pathOf(command.parent), command.name()] : []);

/** `how to print (choices: table, json; default: table)` */
function described({ description, argChoices, defaultValue, defaultValueDescription }: Option | Argument): string {
  const usual = defaultValueDescription ?? (defaultValue === undefined ? undefined : String(defaultValue));
  const notes = [argChoices && `choices: ${argChoices.join(', ')}`, usual && `default: ${usual}`].filter(Boolean);
  return notes.length === 0 ? description : `${description} (${notes.join('; ')})`;
}

const named = (error: string) => error.replace(/^error: /, 'mwaa-trail: ');

const helpHint = ({ program }: Context, path: readonly string[]) => `Run '${[program, ...path].join(' ')} --help'.`;

/** Narrower, descriptions do not wrap: in columns of a few letters nobody can read. */
const MIN_WIDTH_TO_WRAP = 20;

const widthOf = ({ isTTY, columns }: Context['out']) => (isTTY && columns) || 80;

function problemOf(error: unknown, profile: string | undefined): string {
  if (error instanceof CriteriaError) return error.messageWith(flagOf);
  if (error instanceof TrailError || error instanceof UsageError) return error.message;
  return settingsProblem(error, profile) ?? describeError(error);
}
