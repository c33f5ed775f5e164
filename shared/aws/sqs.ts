import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { clientSettings } from './settings.ts';

/** Creates the client for SQS. @param overrides another Region than the configured one, ... */
export function createSqsClient(overrides: SQSClientConfig = {}): SQSClient {
  return new SQSClient({
    ...clientSettings(),
    // The configured endpoint counts, as for every other service.
    useQueueUrlAsEndpoint: false,
    ...overrides,
  });
}
