import { expect, test } from '@jest/globals';
import { markInLedger } from '../../shared/integrity/compare-with-ledger.ts';
import { fromLedgerItem } from '../../shared/store/ledger-entry.ts';

test('an entry without a hash stays open, without a request', async () => {
  const text = (S: string) => ({ S });
  const entry = fromLedgerItem({
    ...{ state: text('ingested'), bucket: text('b'), objectKey: text('k'), etag: text('e'), region: text('eu-west-1') },
    ...{ deliveryDay: text('2031-03-01'), ingestedAt: text('2031-03-01T00:00:00.000Z') },
  });
  let requests = 0;
  const send = async () => {
    requests += 1;
    return {};
  };
  const file = { bucket: 'b', key: 'k', sha256: 'a'.repeat(64) };
  const digest = { verifiedBy: 'd', verifiedAt: '2031-03-02T00:00:00.000Z' };
  const outcome = await markInLedger(
    { dynamo: { send } as never, table: 't' },
    file,
    { result: 'ingested', entry },
    digest,
    '',
  );
  expect({ outcome, requests }).toEqual({ outcome: 'open', requests: 0 });
});
