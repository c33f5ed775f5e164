import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { compareEvents } from './operations/compare-events.ts';
import { getEvent } from './operations/get-event.ts';
import { listEnvironments } from './operations/list-environments.ts';
import { listEvents, listEventsOfEnvironment } from './operations/list-events.ts';
import { summariseEnvironment } from './operations/summarise-environment.ts';

const getOpenApi: Operation = {
  id: 'getOpenApi',
  path: '/openapi.json',
  summary: 'This description',
  says: 'OpenAPI 3.1.',
  parameters: [],
  formats: ['json'],
  schemas: { json: 'OpenApi', line: 'OpenApi' },
  fixed: true,
  examples: [{ name: 'itself', summary: 'This document', url: '/openapi.json', status: 200 }],
  async answer() {
    const text = JSON.stringify(openApiDocument(OPERATIONS));
    return { body: { json: () => text, ndjson: () => text, csv: () => text } };
  },
};

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
