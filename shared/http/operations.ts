import type { Operation } from './operation.ts';
import { compareEvents } from './operations/compare-events.ts';
import { getEvent } from './operations/get-event.ts';
import { getOpenApi } from './operations/get-openapi.ts';
import { listEnvironments } from './operations/list-environments.ts';
import { listEvents, listEventsOfEnvironment } from './operations/list-events.ts';
import { listQuarantine } from './operations/list-quarantine.ts';
import { showCoverage } from './operations/show-coverage.ts';
import { showHistory } from './operations/show-history.ts';
import { showNews } from './operations/show-news.ts';
import { showVerification } from './operations/show-verification.ts';
import { summariseEnvironment } from './operations/summarise.ts';

/** Everything that the API does. */
export const OPERATIONS: readonly Operation[] = [
  listEvents,
  getEvent,
  listEnvironments,
  listEventsOfEnvironment,
  summariseEnvironment,
  showHistory,
  compareEvents,
  showNews,
  showCoverage,
  showVerification,
  listQuarantine,
  getOpenApi,
];
