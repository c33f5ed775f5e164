import type { ListedEvent } from '../../shared/store/event-item.ts';

/** A plain event as lists show it, to be changed in a test. */
export const listedEvent = (members: Partial<ListedEvent>): ListedEvent => ({
  ...{ eventId: 'e', timeKey: '2026-11-06T02:31:18.000Z#e', eventTime: '2026-11-06T02:31:18Z' },
  ...{ action: 'environment.update', access: 'write', outcome: 'ok', parameters: [], ...members },
});
