import { IAMClient, type IAMClientConfig } from '@aws-sdk/client-iam';
import { clientSettings } from './settings.ts';

/** The client for IAM. @param overrides another Region than that of the AWS settings, ... */
export function createIamClient(overrides: IAMClientConfig = {}): IAMClient {
  return new IAMClient({ ...clientSettings(), ...overrides });
}
