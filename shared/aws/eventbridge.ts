import { EventBridgeClient, type EventBridgeClientConfig } from '@aws-sdk/client-eventbridge';
import { clientSettings } from './settings.ts';

/** The client for EventBridge. @param overrides another Region than that of the AWS settings, ... */
export function createEventBridgeClient(overrides: EventBridgeClientConfig = {}): EventBridgeClient {
  return new EventBridgeClient({ ...clientSettings(), ...overrides });
}
