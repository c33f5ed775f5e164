import type { Operation } from './operation.ts';
import { compareEvents } from './operations/compare-events.ts';
import { getEvent } from './operations/get-event.ts';
import { getOpenApi } from './operations/get-openapi.ts';
import { listEnvironments } from './operations/list-environments.ts';
import { listEvents } from './operations/list-events.ts';
import { listFindings } from './operations/list-findings.ts';
import { listLikelyCauses } from './operations/list-likely-causes.ts';
import { listQuarantine } from './operations/list-quarantine.ts';
import { listUsers } from './operations/list-users.ts';
import { listValues } from './operations/list-values.ts';
import { showCoverage } from './operations/show-coverage.ts';
import { showHistory } from './operations/show-history.ts';
import { showNews } from './operations/show-news.ts';
import { showTimeline } from './operations/show-timeline.ts';
import { showUser } from './operations/show-user.ts';
import { showVerification } from './operations/show-verification.ts';
import { summarise } from './operations/summarise.ts';

/** Everything that the API does. */
export const OPERATIONS: readonly Operation[] = [
  ...listEvents,
  ...getEvent,
  ...compareEvents,
  ...showTimeline,
  ...summarise,
  ...listValues,
  ...listLikelyCauses,
  ...listUsers,
  ...showUser,
  ...listFindings,
  listEnvironments,
  showHistory,
  showNews,
  showCoverage,
  showVerification,
  listQuarantine,
  getOpenApi,
];
