import { CloudFormationClient, type CloudFormationClientConfig } from '@aws-sdk/client-cloudformation';
import { clientSettings } from './settings.ts';

/** The client for CloudFormation. @param overrides another Region than that of the AWS settings, ... */
export function createCloudFormationClient(overrides: CloudFormationClientConfig = {}): CloudFormationClient {
  return new CloudFormationClient({ ...clientSettings(), ...overrides });
}
