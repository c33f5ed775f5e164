/** The ingest function in a process of its own, as Lambda runs it: may be killed, or run out of memory, at any moment. */
import type { Context } from 'aws-lambda';
import type { FromChild, Task } from './ingest-process.ts';
import { drain } from './queue.ts';

const tell = (what: FromChild) => new Promise<void>((resolve) => process.send!(what, () => resolve()));

process.on('message', async ({ environment, bodies, maxReceives }: Task) => {
  Object.assign(process.env, environment);
  // Reads its configuration when it is loaded.
  const { handler } = await import('../../../functions/ingest.ts');
  const before = process.cpuUsage();
  const { dead } = await drain(bodies, async (event) => await handler(event, {} as Context), {
    maxReceives,
    batchSize: 2,
    onAcknowledge: ({ messageId }) => tell({ kind: 'acknowledged', messageId }),
  });
  const { user, system } = process.cpuUsage(before);
  await tell({
    kind: 'done',
    dead: dead.map(({ messageId }) => messageId),
    // Of its processor time: with other tests beside it, the clock says little.
    milliseconds: (user + system) / 1_000,
    // In KiB on Linux and macOS.
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  });
  process.disconnect();
});
