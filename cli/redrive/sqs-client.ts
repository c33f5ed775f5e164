import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';

/** @param overrides another Region than that of the AWS settings, ... */
export function createSqsClient(overrides: SQSClientConfig = {}): SQSClient {
  return new SQSClient({
    // The AWS settings say where SQS is, as for every other service.
    useQueueUrlAsEndpoint: false,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 20_000 },
    ...overrides,
  });
}
