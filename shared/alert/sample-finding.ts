import { isoTime } from '../cloudtrail/times.ts';
import type { SentFinding } from './alerted-finding.ts';

/** A finding that shows what alerts look like. @param now milliseconds since 1970 */
export function sampleFinding(now: number): SentFinding {
  return {
    rule: {
      id: 'test',
      title: 'Test of the Alerts',
      level: 'high',
      description: 'Somebody ran mwaa-trail alerts test.',
      tags: [],
      falsePositives: [],
    },
    time: isoTime(now),
    environment: 'example-environment',
    accountId: '111122223333',
    region: 'eu-west-1',
    user: 'example-user',
    action: 'environment.update',
    target: 'ExecutionRoleArn',
    outcome: 'ok',
    sourceIp: '192.0.2.1',
    eventIds: ['00000000-0000-4000-8000-000000000000'],
    reason: 'Environment updated; ExecutionRoleArn = example',
    copy: 'log-file',
    test: true,
  };
}
