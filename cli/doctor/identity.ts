import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import type { Asker } from './stack.ts';

/** Who asks, and in which Region. Throws the errors of the SDK. */
export async function identify(sts: STSClient): Promise<Asker> {
  const region = await sts.config.region();
  const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({}));
  return { account, arn, region, partition: arn.split(':')[1] ?? 'aws' };
}
