import { Command, CommanderError } from 'commander';
import { describeError, TrailError } from '../shared/errors.ts';
import { CriteriaError } from '../shared/query/criteria.ts';
import { VERSION } from '../shared/version.ts';
import { type AwsOptions, applyAwsOptions, settingsProblem } from './lib/aws-settings.ts';
import { type AnyCommand, type CommandGroup, type Context, EXIT, flagOf, UsageError } from './lib/command.ts';

/** What help says of each command, in this order, and how to load it. Only the one that is called is loaded. */
const COMMANDS: Readonly<Record<string, [says: string, load: () => Promise<{ default: AnyCommand | CommandGroup }>]>> =
  {
    replay: [
      'run log files through the whole pipeline on this machine: embedded S3, the ingest function, embedded DynamoDB',
      () => import('./commands/replay.ts'),
    ],
    backfill: [
      "import existing log files of a trail's bucket, delivered before the function was deployed; safe to interrupt and rerun",
      () => import('./commands/backfill.ts'),
    ],
    query: [
      'list events, newest first; filters combine, and a repeated filter matches any of its values',
      () => import('./commands/query.ts'),
    ],
    show: ['show everything stored of one event', () => import('./commands/show.ts')],
    compare: ['compare the records of two or more events field by field', () => import('./commands/compare.ts')],
    summary: [
      'count events by action, principal, error and day; filters are those of query',
      () => import('./commands/summary.ts'),
    ],
    who: [
      'show what a person or machine did, in whatever role, and what was denied; with which keys, and from where',
      () => import('./commands/who.ts'),
    ],
    tail: [
      'print the latest events, then new ones as they arrive, until Ctrl-C; filters are those of query',
      () => import('./commands/tail.ts'),
    ],
    environments: [
      'list the environments that events name, with their last activity and numbers of recent events and errors',
      () => import('./commands/environments.ts'),
    ],
    history: [
      "list the changes of an environment's configuration, or print what it was at a time and which events made it so",
      () => import('./commands/history.ts'),
    ],
    coverage: [
      'show the ingestion status of the log files of each account, Region and day of delivery',
      () => import('./commands/coverage.ts'),
    ],
    serve: [
      'serve the HTTP API locally (127.0.0.1), without signatures, to every user of this machine',
      () => import('./commands/serve.ts'),
    ],
    verify: [
      'check completeness and integrity: verify with the signed digests of CloudTrail that the log files of a bucket are complete and unaltered, that each was ingested, and that the events in the table come from them; or verify an evidence bundle',
      () => import('./commands/verify.ts'),
    ],
    evidence: [
      'collect the evidence for an event in one file: the event, its log file as CloudTrail delivered it (unredacted), the signed digests and the public keys; verify checks it offline',
      () => import('./commands/evidence.ts'),
    ],
    quarantine: [
      'list, show, replay or discard what is in quarantine: invalid log files and records',
      () => import('./commands/quarantine.ts'),
    ],
    redrive: [
      'move the messages of a dead-letter queue to its source queue, for redelivery',
      () => import('./commands/redrive.ts'),
    ],
    doctor: [
      'check a deployed stack and its trail, read-only: report what is wrong in log delivery, with a fix for each problem',
      () => import('./commands/doctor.ts'),
    ],
  };

/**
 * Runs `mwaa-trail` with a command line.
 * @param args what follows the name of the program
 * @returns the exit code
 */
export async function runProgram(args: readonly string[], context: Context): Promise<number> {
  let called: Called = { path: 'mwaa-trail', run: async () => EXIT.done };
  try {
    const onCall = (one: Called) => {
      called = one;
    };
    (await createProgram(context, onCall, args)).parse(args, { from: 'user' });
    return await called.run();
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof CriteriaError;
    // Commander has printed what is wrong; 0 stands for --help and --version.
    if (error instanceof CommanderError && !isUsage) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    context.err.write(`mwaa-trail: ${problemOf(error, context.env.AWS_PROFILE)}\n`);
    if (isUsage) context.err.write(`${helpHint(called.path)}\n`);
    return isUsage ? EXIT.usage : EXIT.failed;
  }
}

/** A command with its arguments and flags. */
interface Called {
  /** `mwaa-trail quarantine list` */
  path: string;
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
    .showHelpAfterError(helpHint('mwaa-trail'))
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'mwaa-trail: ')),
      getOutHelpWidth: () => widthOf(out),
      getErrHelpWidth: () => widthOf(err),
    });
  const declare = (command: Command, declared: AnyCommand) => fill(command, declared, context, onCall);
  for (const [name, [says, load]] of Object.entries(COMMANDS)) {
    const command = addCommand(program, name, says);
    if (words && !words.includes(name)) continue;
    const { default: loaded } = await load();
    if (!('commands' in loaded)) declare(command, loaded);
    else
      for (const [verb, [does, one]] of Object.entries(loaded.commands)) declare(addCommand(command, verb, does), one);
  }
  // main.ts runs it, with a help of its own.
  addCommand(program, 'scan', 'print the MWAA records of a log file as NDJSON, without storing anything').argument(
    '<file>',
    'a log file, gzipped or not; - for standard input',
  );
  return program;
}

function addCommand(parent: Command, name: string, says: string): Command {
  const command = parent.command(name).description(says);
  return command.showHelpAfterError(helpHint(pathOf(command)));
}

/** Gives a command its arguments and flags. */
function fill(command: Command, declared: AnyCommand, context: Context, onCall: (called: Called) => void): void {
  const operands = Object.entries(declared.arguments ?? {});
  for (const [name, { placeholder, says }] of operands) command.argument(placeholder(name), says);
  for (const [name, flag] of Object.entries(declared.flags)) {
    for (const option of flag.options(flagOf(name))) command.addOption(option);
  }
  const { notes } = declared;
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

const pathOf = (command: Command): string =>
  command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();

const helpHint = (path: string) => `Run '${path} --help'.`;

const widthOf = ({ isTTY, columns }: Context['out']) => (isTTY && columns) || 80;

function problemOf(error: unknown, profile: string | undefined): string {
  if (error instanceof CriteriaError) return `${flagOf(error.parameter)}: ${error.expectation}`;
  if (error instanceof TrailError || error instanceof UsageError) return error.message;
  return settingsProblem(error, profile) ?? describeError(error);
}
