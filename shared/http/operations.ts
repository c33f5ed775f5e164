import { gunzipSync } from 'node:zlib';
import { PACKED_OPENAPI } from './openapi.generated.ts';
import { type Operation, operation } from './operation.ts';
import { compareEvents } from './operations/compare-events.ts';
import { getEvent } from './operations/get-event.ts';
import { listEnvironments } from './operations/list-environments.ts';
import { listEvents, listEventsOfEnvironment } from './operations/list-events.ts';
import { summariseEnvironment } from './operations/summarise-environment.ts';

/** `npm run openapi` makes the document from the other operations. It is packed, so that the function starts fast. */
const getOpenApi = operation({
  id: 'getOpenApi',
  path: '/openapi.json',
  summary: 'This description',
  description: 'OpenAPI 3.1.',
  parameters: {},
  formats: ['json'],
  schemas: { json: 'OpenApi', line: 'OpenApi' },
  async answer() {
    const text = gunzipSync(Buffer.from(PACKED_OPENAPI, 'base64')).toString();
    return { body: { json: () => text, ndjson: () => text, csv: () => text } };
  },
});

/** Everything that the API does. */
export const OPERATIONS: readonly Operation[] = [
  listEvents,
  getEvent,
  listEnvironments,
  listEventsOfEnvironment,
  summariseEnvironment,
  compareEvents,
  getOpenApi,
];
