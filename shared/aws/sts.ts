import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { clientSettings } from './settings.ts';

/** The client for STS. @param overrides another Region than that of the AWS settings, ... */
export function createStsClient(overrides: STSClientConfig = {}): STSClient {
  return new STSClient({ ...clientSettings(), ...overrides });
}
