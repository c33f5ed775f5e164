import { CloudTrailClient, type CloudTrailClientConfig } from '@aws-sdk/client-cloudtrail';
import { clientSettings } from './settings.ts';

/** The client for CloudTrail. @param overrides another Region than that of the AWS settings, ... */
export function createCloudTrailClient(overrides: CloudTrailClientConfig = {}): CloudTrailClient {
  return new CloudTrailClient({ ...clientSettings(), ...overrides });
}
