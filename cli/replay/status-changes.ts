import { createReadStream } from 'node:fs';
import type { CarriedEvent } from '../../shared/delivery/announcement.ts';
import { DeliveryError } from '../../shared/delivery/announcement.ts';
import { readDelivery } from '../../shared/delivery/read-delivery.ts';
import { describeError, TrailError } from '../../shared/errors.ts';
import type { PipelineDeps } from '../../shared/ingest/ingest-log-file.ts';
import { storeStatusChange } from '../../shared/ingest/store-status-change.ts';
import { wholeText } from '../../shared/log-file/read-lookup-records.ts';
import { readEventBridgeEvents } from '../../shared/records/eventbridge-events.ts';
import type { FileResult } from '../log-files/file-result.ts';
import type { LocalLogFile } from './local-log-files.ts';

/** Stores the status changes among the events of EventBridge in a file. Other events are problems. */
export async function ingestStatusChanges({ path, form }: LocalLogFile, deps: PipelineDeps): Promise<FileResult> {
  try {
    const events = readEventBridgeEvents(await wholeText(createReadStream(path), form));
    const result = { outcome: 'status-changes' as const, stored: 0, known: 0, problems: [] as { detail: string }[] };
    for (const [index, event] of events.entries()) {
      try {
        const { outcome } = await storeStatusChange(carriedIn(event), deps);
        result[outcome === 'stored' ? 'stored' : 'known'] += 1;
      } catch (error) {
        if (!(error instanceof TrailError)) throw error;
        result.problems.push({ detail: `event ${index}: ${error.message}` });
      }
    }
    return result;
  } catch (error) {
    return { outcome: 'failed', detail: error instanceof TrailError ? error.message : describeError(error) };
  }
}

function carriedIn(event: unknown): CarriedEvent {
  const delivery = readDelivery(event);
  const [carried] = delivery.kind === 'notification' ? delivery.announcement.events : [];
  if (carried?.kind === 'status-change') return carried;
  throw new DeliveryError('event-kind', 'expected a status change of an environment');
}
