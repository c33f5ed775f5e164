import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';
import { TrailError } from '../../shared/errors.ts';
import type { Asker } from './stack.ts';

/**
 * Who asks, and in which Region.
 * @throws {TrailError} `no-region`, `no-credentials`, `expired-credentials`, `bad-credentials`, `sts-answer`
 */
export async function identify(sts: STSClient): Promise<Asker> {
  const region = await sts.config.region().catch(() => {
    throw new TrailError('no-region', 'AWS settings: expected a Region, by --region or AWS_REGION');
  });
  const { Account: account = '', Arn: arn = '' } = await sts.send(new GetCallerIdentityCommand({})).catch((error) => {
    throw explained(error as Error);
  });
  return { account, arn, region, partition: arn.split(':')[1] ?? 'aws' };
}

function explained(error: Error): Error {
  if (/^(CredentialsProviderError|TokenProviderError)$/.test(error.name)) {
    return new TrailError(
      'no-credentials',
      'AWS settings: expected credentials, and found none that can be used: sign in (aws sso login, aws configure), or set AWS_PROFILE',
    );
  }
  if (/Expired/.test(error.name)) {
    return new TrailError(
      'expired-credentials',
      'AWS settings: the credentials have expired: sign in again, as by aws sso login',
    );
  }
  if (/InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch|InvalidSignature/.test(error.name)) {
    return new TrailError('bad-credentials', `AWS settings: AWS does not accept the credentials (${error.name})`);
  }
  return error;
}
