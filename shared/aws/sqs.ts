import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { clientSettings } from './settings.ts';

/** The client for SQS. @param overrides another Region than that of the AWS settings, ... */
export function createSqsClient(overrides: SQSClientConfig = {}): SQSClient {
  return new SQSClient({
    ...clientSettings(),
    // The AWS settings say where SQS is, as for every other service.
    useQueueUrlAsEndpoint: false,
    ...overrides,
  });
}
