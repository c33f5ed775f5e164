import { LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import { clientSettings } from './settings.ts';

/** The client for Lambda. @param overrides another Region than that of the AWS settings, ... */
export function createLambdaClient(overrides: LambdaClientConfig = {}): LambdaClient {
  return new LambdaClient({ ...clientSettings(), ...overrides });
}
