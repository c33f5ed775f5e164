import { GetAccountSettingsCommand } from '@aws-sdk/client-lambda';
import { shell } from '../../lib/output.ts';
import { type CheckResult, ok, problem, warning } from '../check.ts';
import type { WatchedTrails } from '../watched-trails.ts';

/** What the functions may use at the same time, with ten invocations of ingest. New accounts have a quota of 10. */
const SMALL_QUOTA = 50;
/** Lambda leaves so much to functions without a reservation; less only in an account that has less. */
const LEFT_TO_OTHERS = 100;

/**
 * Whether the account's concurrency is enough for the functions, and for what they are to reserve beyond what they have.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
 */
export async function lambdaQuota(
  toReserve: number,
  { clients, caller }: Pick<WatchedTrails, 'clients' | 'caller'>,
): Promise<CheckResult> {
  const { AccountLimit = {} } = await clients.lambda.send(new GetAccountSettingsCommand({}));
  const { ConcurrentExecutions: quota = 0, UnreservedConcurrentExecutions: unreserved = quota } = AccountLimit;
  const raise = shell`aws service-quotas request-service-quota-increase --region ${caller.region} --service-code lambda --quota-code L-B99A9384 --desired-value 1000`;
  const text = `the account's quota is ${quota} concurrent invocations, of which ${unreserved} are not reserved`;
  if (toReserve > 0 && unreserved - toReserve < Math.min(LEFT_TO_OTHERS, quota))
    return problem(
      `${text}: Lambda refuses to reserve ${toReserve} more, because ${Math.min(LEFT_TO_OTHERS, quota)} must stay`,
      `deploy without queryConcurrency, verifyConcurrency and ingestConcurrency, or raise the quota: ${raise}`,
    );
  if (quota >= SMALL_QUOTA) return ok(text);
  return warning(`${text}: ingest alone uses 10, and all functions of the account share them`, raise);
}
