import { describeError } from '../shared/errors.ts';
import type { AlertObserver } from './alert-handler.ts';
import { telemetryOf } from './telemetry.ts';

/** The alert function's log and metrics. */
export function createAlertTelemetry(namespace?: string): AlertObserver {
  const { logger, count, publish } = telemetryOf('alert', namespace);
  return {
    event: () => count('EventsEvaluated', 1),
    finding({ id, level }, eventId, outcome) {
      if (outcome === 'sent') count('FindingsSent', 1);
      if (outcome === 'repeated') count('FindingsRepeated', 1);
      logger.info('finding', { rule: id, level, eventId, outcome });
    },
    failed(place, error) {
      count('EventsFailed', 1);
      logger.error('failed, to be delivered again', { place, reason: describeError(error) });
    },
    end: publish,
  };
}
