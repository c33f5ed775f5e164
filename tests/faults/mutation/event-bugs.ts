import type { Bug } from './bugs.ts';

const OUTCOME = 'shared/audit-event/outcome.ts';
const REST_CALL = 'shared/audit-event/rest-call.ts';
const PLAN = 'shared/query/plan.ts';
const SCHEMA_VERSION = 'end-to-end/schema-version';

/** Bugs in what events mean, how they are found, and how their schema version is heeded. */
export const EVENT_BUGS: readonly Bug[] = [
  {
    name: "Airflow's 401 and 403 are failures",
    file: OUTCOME,
    find: 'status === 401 || status === 403 || ',
    replace: '',
    tests: 'audit-event/outcome',
    only: 'denied',
  },
  {
    name: 'only an error code makes a failure',
    file: OUTCOME,
    find: 'errorCode !== undefined || status >= 400',
    replace: 'errorCode !== undefined',
    tests: 'audit-event/outcome',
    only: 'failed',
  },
  {
    name: 'a parameter of a route matches before a literal',
    file: REST_CALL,
    find: '  .sort()\n  .flatMap(',
    replace: '  .sort()\n  .reverse()\n  .flatMap(',
    tests: 'audit-event/rest-call',
    only: 'every route',
  },
  {
    name: 'a secret that is percent-encoded in a path is shown',
    file: REST_CALL,
    find: 'return maskSecretsInText(decodeURIComponent(segment));',
    replace: 'return decodeURIComponent(segment);',
    tests: 'audit-event/rest-call',
    only: 'a secret that decoding brings out',
  },
  {
    name: 'the session name that a caller chose comes before the source identity',
    file: 'shared/audit-event/principal.ts',
    find: 'return sourceIdentity ?? givenByIdentityCenter ?? identityCenterUser(identity) ?? chosen ?? role;',
    replace: 'return givenByIdentityCenter ?? identityCenterUser(identity) ?? chosen ?? sourceIdentity ?? role;',
    tests: 'audit-event/actor',
    only: 'AssumedRole',
  },
  {
    name: 'an exclusion drops events without the attribute',
    file: PLAN,
    find: '    // Events without the attribute stay.\n',
    replace: "    conditions.push('attribute_exists(' + aliases.pathOf(TEXT_CRITERIA[name].attribute) + ')');\n",
    tests: 'store/filters',
    only: 'dynalite each filter',
  },
  {
    name: 'what is excluded is looked up if it is the key of the index',
    file: PLAN,
    find: '[...keys].filter((key) => !isExcluded(key))',
    replace: '[...keys]',
    tests: 'query/plan',
    only: 'is not looked up',
  },
  {
    name: 'a prefix is compared with texts that are stored in part',
    file: 'shared/query/criteria.ts',
    find: 'Buffer.byteLength(value) > maxPrefix',
    replace: 'value.length > 1e9 + maxPrefix',
    tests: 'query/criteria',
    only: 'a prefix',
  },
  {
    name: 'a filter hides events of another schema version',
    file: PLAN,
    find: "'attribute_not_exists(schemaVersion) OR schemaVersion <> :schema'",
    replace: "'schemaVersion < :schema OR schemaVersion > :schema'",
    tests: 'query/plan',
    only: 'all conditions apply',
  },
  {
    name: 'items of another schema version are read',
    file: 'shared/store/event-item.ts',
    find: 'if (!isCurrent(item)) throw',
    replace: 'if (item === undefined) throw',
    tests: SCHEMA_VERSION,
    only: 'says what to do',
  },
  {
    name: 'log files of another schema version are not read again',
    file: 'shared/ingest/done-before.ts',
    find: 'schemaVersion === SCHEMA_VERSION && ',
    replace: 'schemaVersion > 0 && SCHEMA_VERSION > 0 && ',
    tests: SCHEMA_VERSION,
    only: 'brings everything back',
  },
  {
    name: 'the winner of a conflict changes when log files are read again',
    file: 'shared/store/events-table.ts',
    find: 'return isSameEvent ? ',
    replace: 'return isSameEvent || stored !== undefined ? ',
    tests: SCHEMA_VERSION,
    only: 'brings everything back',
  },
  {
    name: 'verify compares texts alone',
    file: 'shared/integrity/check-event.ts',
    find: "!origin && type !== 'record'",
    replace: "!origin && type === undefined && type !== 'record'",
    tests: 'integrity/check-event',
    only: 'that was changed',
  },
  {
    name: 'an item that is no event ends the verification of events',
    file: 'shared/integrity/verify-events.ts',
    find: '} else if (error instanceof StoredItemError) {',
    replace: '} else if (error instanceof StoredItemError && item === undefined) {',
    tests: 'integrity/verify-bucket',
    only: 'an item that is no event',
  },
];
