import type { NotificationShape } from './announcement.ts';

// {"version":"1.0","requestContext":{"functionArn":"...","condition":"RetriesExhausted"},"requestPayload":{...},"responsePayload":{...}}
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
/** What Lambda puts into the dead-letter queue when the function was called directly and failed for good: the event, and why. */
export const lambdaInvocationRecord: NotificationShape = {
  name: 'Lambda invocation record',
  recognises: (value) => 'requestContext' in value && 'requestPayload' in value,
  read: (value, inner) => inner('requestPayload' in value ? value.requestPayload : undefined),
};
