import type { Plan } from './plan.ts';

/** Kinds of resources whose names must be free. Alarms and dashboards are left out: their names are taken without an error. */
export type Kind =
  | 'table'
  | 'bucket'
  | 'queue'
  | 'function'
  | 'log group'
  | 'topic'
  | 'trail'
  | 'event bus'
  | 'rule'
  | 'role';

/** The names that a deployment gives, by kind. A test compares them with the compiled templates. */
export function plannedNames(plan: Plan): ReadonlyMap<Kind, readonly string[]> {
  const { name, value, createsTrail, functions, exportBucket } = plan;
  const hasAlerts = value('alerts') === 'on';
  const ifAlerts = (one: string) => (hasAlerts ? [one] : []);
  const ifLive = (one: string) => (value('live') === 'off' ? [] : [one]);
  return new Map<Kind, string[]>([
    ['table', ['events', 'log-files', 'environments', 'alert-state'].map((part) => `${name}-${part}`)],
    [
      'bucket',
      [
        value('quarantineBucket'),
        ...(createsTrail ? [value('logBucket')] : []),
        ...(exportBucket === undefined ? [] : [exportBucket]),
      ],
    ],
    ['queue', [`${name}-ingest`, `${name}-ingest-dead-letters`, ...ifAlerts(`${name}-alert-dead-letters`)]],
    ['function', functions.map((one) => `${name}-${one}`)],
    ['log group', [...functions.map((one) => `/aws/lambda/${name}-${one}`), `/aws/http-api/${name}`]],
    ['topic', [`${name}-alarms`, ...ifAlerts(`${name}-alerts`)]],
    ['trail', createsTrail ? [plan.trailName] : []],
    ['event bus', [...ifAlerts(name), ...ifLive(`${name}-live`)]],
    // Of the default bus: those of another bus go with it.
    ['rule', [...(value('source') === 'bucket' ? [`${name}-log-files`] : []), ...ifLive(`${name}-live`)]],
    ['role', plan.roles.map(plan.roleNameOf)],
  ]);
}
