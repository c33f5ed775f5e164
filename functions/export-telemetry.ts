import type { ExportObserver } from './export-handler.ts';
import { telemetryOf } from './telemetry.ts';

/** The export function's log and metrics. */
export function createExportTelemetry(namespace?: string): ExportObserver {
  const { logger, count, publish } = telemetryOf('export', namespace);
  return {
    end({ days, daysLeft, events, files }) {
      count('DaysExported', days);
      count('DaysLeft', daysLeft);
      count('EventsExported', events);
      publish();
      logger.info('exported', { days, daysLeft, events, ...files });
    },
  };
}
