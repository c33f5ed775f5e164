import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { writeChain, writeLastRun } from '../../../shared/store/digest-chains.ts';
import { describeInBrowser } from '../../support/browser.ts';
import { ROOT } from '../../support/cli.ts';
import { EventStore } from '../../support/event-store.ts';
import { SAMPLE_NOW, startSampleStore } from '../../support/sample-store.ts';
import { type ConsoleInBrowser, useConsole } from './support/console.ts';

// `npm run screenshots` makes the pictures of the documents anew.

const UPDATE = process.env.UPDATE_SCREENSHOTS === '1';
const MAX_BYTES = 200_000;

const SETTINGS = {
  source: { kind: 'table', name: 'mwaa-trail-prod' },
  storeFlags: ['--stack', 'mwaa-trail-prod'],
} as const;

const INCIDENT = 'sourceIp=203.0.113.77&since=2026-11-06T02%3A00%3A00.000Z&until=2026-11-06T03%3A00%3A00.000Z';
/** What the intruder deleted. */
const DELETED = '3354f4bf-03c6-4d37-acc6-6dd26bbd53d0';
/** What the intruder changed, and how it was set right. */
const [DURING, AFTER] = ['4b9d2a64-cef8-4d6c-ad8f-94797d7c823c', 'a09e739f-2d46-438e-9499-c6cb867c8fba'];

interface Picture {
  name: string;
  fragment: string;
  colorScheme?: 'light' | 'dark';
}

const OF_SAMPLES: readonly Picture[] = [
  { name: 'console-events', fragment: `#/?${INCIDENT}` },
  { name: 'console-events-dark', fragment: `#/?${INCIDENT}`, colorScheme: 'dark' },
  { name: 'console-event', fragment: `#/?${INCIDENT}&event=${DELETED}` },
  { name: 'console-compare', fragment: `#/compare?id=${DURING}&id=${AFTER}` },
  { name: 'console-environment', fragment: '#/environments/prod-etl?tab=changes' },
];
const OF_LEDGER: readonly Picture[] = [{ name: 'console-trust', fragment: '#/trust' }];

const pathOf = ({ name }: Picture) => join(ROOT, 'docs', 'images', `${name}.png`);

test.each([...OF_SAMPLES, ...OF_LEDGER])('docs/images/$name.png is small', (picture) => {
  if (UPDATE && !existsSync(pathOf(picture))) return;
  expect(readFileSync(pathOf(picture)).length).toBeLessThan(MAX_BYTES);
});

/** A ledger of 30 days: three accounts and Regions, one of them with a gap and with log files that have problems. */
async function startLedger(): Promise<EventStore> {
  const store = await EventStore.start({ now: SAMPLE_NOW });
  const places = [
    ['111122223333', 'eu-west-1'],
    ['111122223333', 'us-east-1'],
    ['444455556666', 'eu-west-1'],
  ] as const;
  for (const [p, [account, region]] of places.entries()) {
    for (let daysAgo = 29; daysAgo >= 0; daysAgo -= 1) {
      const day = new Date(SAMPLE_NOW - daysAgo * 86_400_000).toISOString().slice(0, 10);
      if (p === 2 && daysAgo > 9 && daysAgo < 12) continue;
      const key = `AWSLogs/${account}/CloudTrail/${region}/${day.replaceAll('-', '/')}/${account}_CloudTrail_${region}_${day.replaceAll('-', '')}T0900Z_a.json.gz`;
      const deliveredAt = `${day}T09:05:00.000Z`;
      const common = {
        bucket: 'org-trail',
        key,
        account,
        region,
        deliveryDay: day,
        deliveredAt,
        ingestedAt: deliveredAt,
      };
      await store.addLogFile({
        ...common,
        ...(daysAgo > 0 && p < 2 ? { verification: 'verified', verifiedBy: 'digest', verifiedAt: deliveredAt } : {}),
        ...(p === 1 && daysAgo === 2
          ? { state: 'quarantined', reason: 'not-gzip', detail: 'gzip: expected a whole file' }
          : {}),
      } as Parameters<EventStore['addLogFile']>[0]);
    }
    if (p === 2) continue;
    const end = '2026-11-08T11:00:00.000Z';
    await writeChain(store.deps.dynamo, store.tables.logFilesTable, {
      ...{ bucket: 'org-trail', account, region, since: '2026-10-01T00:00:00.000Z' },
      id: `AWSLogs/|${account}|${region}|management-events|eu-west-1|`,
      ...{ asked: undefined, last: { key: 'digest', end, signed: true }, pending: [], retired: false, revision: 0 },
    });
  }
  await writeLastRun(store.deps.dynamo, store.tables.logFilesTable, '2026-11-08T11:05:00.000Z');
  return store;
}

if (UPDATE) {
  describeInBrowser('pictures of the samples', () => {
    const { console } = useConsole(startSampleStore, SETTINGS);
    test.each(OF_SAMPLES)('$name', (picture) => take(console, picture));
  });

  describeInBrowser('pictures of a ledger', () => {
    const { console } = useConsole(startLedger, SETTINGS);
    test.each(OF_LEDGER)('$name', (picture) => take(console, picture));
  });
}

async function take(console: ConsoleInBrowser, picture: Picture): Promise<void> {
  const { fragment, colorScheme = 'light' } = picture;
  const profile = await console.profile({ colorScheme });
  await profile.context.clock.setFixedTime(SAMPLE_NOW);
  const page = await profile.open(fragment);
  writeFileSync(pathOf(picture), await page.page.screenshot());
}
