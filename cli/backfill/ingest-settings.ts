import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { createClient } from '../../shared/aws/settings.ts';
import type { Environment } from '../../shared/config.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import { displayText } from '../../shared/render/display.ts';
import { isMissing, settingsProblem } from '../lib/aws-settings.ts';
import { ingestFunctionOf, type StoreOptions, storeOf } from '../lib/stores.ts';

/** What the help of a command says of them. */
export const SETTINGS_NOTE =
  'With --stack, the configuration of the ingest function decides which events are kept, and for how long; with --table, set ' +
  'EVENT_SOURCES and RETENTION_DAYS unless they are the defaults.';

/** Which events the ingest function keeps, and for how long. */
const NAMES = ['EVENT_SOURCES', 'RETENTION_DAYS'] as const;

/**
 * Asks Lambda with which variables the ingest function of a stack runs, so that what is stored here is as it would store it.
 * Tables that are named one by one have no function that is known.
 * @param env what it has of the variables, also an empty one, counts
 * @returns `env` with those variables
 * @throws {TrailError} `stack` when the function is not there, or does not tell them
 */
export async function withIngestSettings(options: StoreOptions, env: Environment): Promise<Environment> {
  const store = storeOf(options, env);
  const missing = NAMES.filter((name) => env[name] === undefined);
  if (store.kind === 'local' || store.stack === undefined || options.table !== undefined || missing.length === 0)
    return env;
  const variables = await variablesOf(store.stack);
  return { ...env, ...Object.fromEntries(missing.map((name) => [name, variables[name]])) };
}

async function variablesOf(stack: string): Promise<Environment> {
  const FunctionName = ingestFunctionOf(stack);
  const lambda = createClient(LambdaClient);
  try {
    const { Environment: found } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    // Where its key may not be used, Lambda says so in `Error` in place of variables.
    if (found?.Variables) return found.Variables;
    throw notTold(stack, FunctionName, displayText(found?.Error?.ErrorCode ?? 'it has no variables'));
  } catch (error) {
    if (error instanceof TrailError) throw error;
    if (isMissing(error)) {
      throw new TrailError(
        'stack',
        `--stack ${stack}: expected its function ${FunctionName} in this account and Region`,
      );
    }
    if (settingsProblem(error) !== undefined) throw error;
    throw notTold(stack, FunctionName, describeError(error));
  } finally {
    lambda.destroy();
  }
}

function notTold(stack: string, name: string, why: string): TrailError {
  return new TrailError(
    'stack',
    `--stack ${stack}: lambda:GetFunctionConfiguration does not tell which events ${name} keeps, and for how long (${why}): ` +
      `set ${NAMES.join(' and ')} as it has them, empty where it has none`,
  );
}
