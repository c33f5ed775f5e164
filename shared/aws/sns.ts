import { SNSClient, type SNSClientConfig } from '@aws-sdk/client-sns';
import { clientSettings } from './settings.ts';

/** The client for SNS. @param overrides another Region than that of the AWS settings, ... */
export function createSnsClient(overrides: SNSClientConfig = {}): SNSClient {
  return new SNSClient({ ...clientSettings(), ...overrides });
}
