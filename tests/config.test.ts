import { describe, expect, test } from '@jest/globals';
import { type Environment, readConfig, readTableNames, readVerifyConfig } from '../shared/config.ts';
import { TrailError } from '../shared/errors.ts';

const TABLES = { EVENTS_TABLE: 'events', LOG_FILES_TABLE: 'log-files', ENVIRONMENTS_TABLE: 'environments' };
const NAMES = { eventsTable: 'events', logFilesTable: 'log-files', environmentsTable: 'environments' };

test('the tables are all that must be set', () => {
  const eventSources = ['airflow.amazonaws.com'];
  expect(readConfig(TABLES)).toStrictEqual({ ...NAMES, logBuckets: [], eventSources, liveAccounts: [] });
  expect(readTableNames({ ...TABLES, RETENTION_DAYS: 'x' })).toStrictEqual(NAMES);
});

test('everything that can be set', () => {
  const env = {
    ...TABLES,
    QUARANTINE_BUCKET: ' quarantine ',
    LOG_BUCKETS: 'one, two@123456789012 ,',
    MORE_LOG_BUCKETS: 'three/with/a-prefix@444455556666,four',
    EVENT_SOURCES: 'airflow.amazonaws.com, airflow-serverless.amazonaws.com',
    RETENTION_DAYS: '365',
    LIVE_ACCOUNTS: '111122223333, 444455556666',
  };
  expect(readConfig(env)).toStrictEqual({
    ...NAMES,
    quarantineBucket: 'quarantine',
    logBuckets: [
      ...[{ name: 'one' }, { name: 'two', account: '123456789012' }],
      ...[{ name: 'three', account: '444455556666' }, { name: 'four' }],
    ],
    eventSources: ['airflow.amazonaws.com', 'airflow-serverless.amazonaws.com'],
    retentionDays: 365,
    liveAccounts: ['111122223333', '444455556666'],
  });
});

test('an empty variable is none', () => {
  const empty = { QUARANTINE_BUCKET: '', LOG_BUCKETS: '', EVENT_SOURCES: ' ', RETENTION_DAYS: '', LIVE_ACCOUNTS: '' };
  expect(readConfig({ ...TABLES, ...empty })).toStrictEqual(readConfig(TABLES));
});

describe('what is wrong is named', () => {
  const complaintOf = (env: Environment) => {
    try {
      readConfig(env);
    } catch (error) {
      expect(error).toBeInstanceOf(TrailError);
      expect(error).toMatchObject({ code: 'configuration' });
      return (error as Error).message;
    }
    throw new Error('expected a complaint');
  };

  test('all at once', () => {
    const message = complaintOf({ EVENTS_TABLE: ' ', LOG_BUCKETS: '@1', RETENTION_DAYS: '0' });
    for (const name of ['EVENTS_TABLE', 'LOG_FILES_TABLE', 'ENVIRONMENTS_TABLE', 'LOG_BUCKETS', 'RETENTION_DAYS']) {
      expect(message).toContain(name);
    }
    expect(() => readTableNames({})).toThrow(/EVENTS_TABLE.*LOG_FILES_TABLE.*ENVIRONMENTS_TABLE/);
  });

  test.each(['0', '-1', '1.5', '1e3', '0x10', 'a year', '1000000', '7 d'])('RETENTION_DAYS=%s', (days) => {
    expect(complaintOf({ ...TABLES, RETENTION_DAYS: days })).toContain('RETENTION_DAYS');
  });

  test.each(['@123456789012', 'a@1234', 'a@123456789012@b', 'a@', 'a@12345678901x', 'ok,@'])(
    'LOG_BUCKETS=%s',
    (buckets) => {
      expect(complaintOf({ ...TABLES, LOG_BUCKETS: buckets })).toContain('LOG_BUCKETS');
    },
  );

  test.each(['a/', '/a', 'a/b/*', 'a/?', 'a@1', 'a/b@c@123456789012', ','])('MORE_LOG_BUCKETS=%s', (buckets) => {
    const complaint = complaintOf({ ...TABLES, LOG_BUCKETS: 'first', MORE_LOG_BUCKETS: buckets });
    expect(complaint).toContain('MORE_LOG_BUCKETS must');
  });

  // They would be all buckets that ingest accepts.
  test('further buckets without the first', () => {
    expect(complaintOf({ ...TABLES, MORE_LOG_BUCKETS: 'a' })).toContain('MORE_LOG_BUCKETS needs LOG_BUCKETS');
  });

  test.each(['11112222333', '111122223333,*', ','])('LIVE_ACCOUNTS=%s', (accounts) => {
    expect(complaintOf({ ...TABLES, LIVE_ACCOUNTS: accounts })).toContain('LIVE_ACCOUNTS');
  });

  test.each([
    ['LOG_BUCKETS', 'ok,arn:aws:s3:eu-west-1:111122223333:accesspoint/trail'],
    ['LOG_BUCKETS', 'trail-abc-s3alias@123456789012'],
    ['QUARANTINE_BUCKET', 'q-abc-s3alias'],
  ])('%s=%s is an access point', (name, value) => {
    const complaint = complaintOf({ ...TABLES, [name]: value });
    expect(complaint).toContain(name);
    expect(complaint).toContain('access point');
  });

  // Taken for "any bucket" and "no event source", they would open a door and lose every event.
  test.each(['LOG_BUCKETS', 'EVENT_SOURCES'])('%s set to a list of nothing', (name) => {
    for (const nothing of [',', ' , ,']) expect(complaintOf({ ...TABLES, [name]: nothing })).toContain(name);
  });
});

describe('of the function that verifies', () => {
  const USUAL = { LOG_FILES_TABLE: 'log-files', LOG_BUCKETS: 'one, two@123456789012' };

  test('buckets of which the log buckets are replicas', () => {
    expect(readVerifyConfig({ ...USUAL, ORIGINAL_LOG_BUCKET: 'original, older' }).originals).toEqual([
      'original',
      'older',
    ]);
    expect(readVerifyConfig({ ...USUAL, ORIGINAL_LOG_BUCKET: ' ' }).originals).toEqual([]);
  });

  test('the table and the buckets are all that must be set', () => {
    expect(readVerifyConfig(USUAL)).toStrictEqual({
      logFilesTable: 'log-files',
      originals: [],
      locations: [
        { bucket: 'one', prefix: '' },
        { bucket: 'two', prefix: '' },
      ],
      graceHours: 6,
    });
    const empty = { KEY_PREFIX: '', VERIFY_SINCE: ' ', VERIFY_GRACE_HOURS: '' };
    expect(readVerifyConfig({ ...USUAL, ...empty })).toStrictEqual(readVerifyConfig(USUAL));
  });

  test('everything that can be set', () => {
    const env = {
      ...{ KEY_PREFIX: 'audit/AWSLogs/', VERIFY_SINCE: '2026-11-01', VERIFY_GRACE_HOURS: '24' },
      MORE_LOG_BUCKETS: 'three,four/of/us@444455556666',
    };
    expect(readVerifyConfig({ ...USUAL, ...env })).toMatchObject({
      locations: [
        ...[{ prefix: 'audit/' }, { prefix: 'audit/' }],
        ...[
          { bucket: 'three', prefix: '' },
          { bucket: 'four', prefix: 'of/us/' },
        ],
      ],
      since: '2026-11-01T00:00:00.000Z',
      graceHours: 24,
    });
  });

  test('what is wrong is named, all of it', () => {
    const env = { KEY_PREFIX: 'audit', VERIFY_SINCE: 'soon', VERIFY_GRACE_HOURS: '0' };
    expect(() => readVerifyConfig(env)).toThrow(
      /LOG_BUCKETS must name.*KEY_PREFIX must be.*VERIFY_GRACE_HOURS must be.*VERIFY_SINCE must be.*LOG_FILES_TABLE is not set/,
    );
  });
});
