import { readLogBuckets } from '../../shared/config.ts';
import type { Caller, Clients } from '../doctor/clients.ts';
import { watchTrails } from '../doctor/watched-trails.ts';
import { stackOf } from './parameters.ts';

/**
 * A deployment that is planned: its parameters and place, and the trails that deliver to its log bucket.
 * @param values the stack parameters
 * @param now in milliseconds since 1970
 */
export function openPlan(
  clients: Clients,
  caller: Caller,
  stage: string,
  values: Readonly<Record<string, string>>,
  now: number,
) {
  const name = stackOf({ stage });
  const { account, region, partition } = caller;
  const value = (parameter: string) => values[parameter] ?? '';
  const createsTrail = value('source') === 'new-trail';
  const logBuckets = async () => readLogBuckets(value('allowedLogBuckets'));
  /** The name of the trail that the deployment creates. */
  const trailName = `${name}-${region}`;
  const watched = watchTrails({
    ...{ clients, caller, now, logBuckets },
    ownTrail: async () => (createsTrail ? trailName : undefined),
    dataOnly: async () => createsTrail && value('managementEvents') === 'false',
  });
  const functions = [
    ...['ingest', 'query'],
    ...(value('verify') === 'on' ? ['verify'] : []),
    ...(value('alerts') === 'on' ? ['alert'] : []),
    ...(value('export') === 'daily' ? ['export'] : []),
  ];
  /** Whose role the deployment creates. */
  const roles = [...functions, ...(value('readerAccounts') === '' ? [] : ['reader'])];
  const roleNameOf = (who: string) => `${name}-${who}-${region}`;
  /** The ARN of a function's role. */
  const roleOf = (who: string) => `arn:${partition}:iam::${account}:role${value('rolePath') || '/'}${roleNameOf(who)}`;

  /** The bucket for exports that the deployment creates; undefined if it creates none. */
  const exportBucket =
    value('export') === 'daily' && value('exportBucket') === '' ? `${name}-export-${account}-${region}` : undefined;

  return {
    ...watched,
    name,
    stage,
    value,
    createsTrail,
    trailName,
    exportBucket,
    functions,
    roles,
    roleNameOf,
    roleOf,
  };
}
export type Plan = ReturnType<typeof openPlan>;
