import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { HOUR_MS } from '../../../shared/cloudtrail/times.ts';
import { counted } from '../../../shared/render/display.ts';
import { readLastRun } from '../../../shared/store/digest-chains.ts';
import { type CheckResult, type CheckResults, type Checks, ok, problem, warning } from '../check.ts';
import { metricValues } from '../metrics.ts';
import type { Stack } from '../stack.ts';
import { functionState, logsOf } from './function.ts';

/** The function runs each hour, and one run may take a quarter of an hour. */
const LATE_MS = 2.5 * HOUR_MS;
const RUNS_MS = 6 * HOUR_MS;

/** Whether the verify function can run, ran within the last hours, and did not fail. With `verify=off` there is nothing to say. */
export const verifyChecks: Checks = {
  async 'verify function'(stack) {
    if ((await stack.idOf('verifyFunction')) === undefined) return undefined;
    return stack.ask('verifyFunction', async (FunctionName): Promise<CheckResults> => {
      const found = await stack.clients.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
      return [
        functionState(found, stack),
        await lastRun(stack, FunctionName, Date.parse(found.LastModified ?? '')),
        await failedRuns(stack, FunctionName),
      ];
    });
  },
};

/** @param changed when the function was deployed, in milliseconds since 1970; NaN if unknown */
async function lastRun(stack: Stack, name: string, changed: number): Promise<CheckResult> {
  const begun = await stack.ask('ledger', (table) => readLastRun(stack.clients.dynamo, table));
  const text = begun === undefined ? 'it has not run yet' : `it last ran ${stack.ago(new Date(begun))}`;
  const since = begun === undefined ? new Date(changed) : new Date(begun);
  if (stack.isWithin(LATE_MS, since)) return ok(text);
  return problem(
    `${text}: it is to run every hour`,
    `see the check schedules, and ${logsOf(name, stack, '--since', '1d')}`,
  );
}

async function failedRuns(stack: Stack, name: string): Promise<CheckResult | undefined> {
  const dimension = ['FunctionName', name] as const;
  const metric = (metricName: string) =>
    ({ namespace: 'AWS/Lambda', name: metricName, dimension, statistic: 'Sum' }) as const;
  const values = await metricValues([metric('Errors'), metric('Invocations')], RUNS_MS, stack);
  const [errors = 0, runs = 0] = values.map((each) => each.reduce((sum, value) => sum + value, 0));
  if (errors === 0) return undefined;
  const text = `${errors} of ${counted(runs, 'run')} of the last six hours failed: the digests of an account and Region were not verified`;
  return warning(text, logsOf(name, stack, '--since', '6h', '--filter-pattern', 'ERROR'));
}
