import { timeOf } from '../../../shared/audit-event/event-time.ts';
import type { ShownEvent } from '../../../shared/render/event-facts.ts';

/** Events that have something in common with one, and the question that finds them. */
export interface Neighbours {
  text: string;
  params: URLSearchParams;
}

/** The questions that an event leads to. Those for which it lacks an attribute are left out. */
export function neighboursOf(event: ShownEvent): Neighbours[] {
  const { user, principal, role, username, accessKeyId, sourceIp, userAgent, environment, target, timeKey } = event;
  const time = timeOf(timeKey);
  const around = Number.isNaN(Date.parse(time)) ? undefined : time;
  const who = user === undefined ? { principal } : { user };
  const questions: readonly (readonly [text: string, criteria: Readonly<Record<string, string | undefined>>])[] = [
    ['10 minutes around, same environment', { environment, around, within: '10m' }],
    ['10 minutes around, same user', { ...who, around, within: '10m' }],
    ['1 minute around, same user, address and program', { ...who, sourceIp, userAgent, around, within: '1m' }],
    ['Same user', who],
    ['Same session', { role, session: username }],
    ['Same access key', { accessKeyId }],
    ['Same source address', { sourceIp }],
    ['Same target', { environment, target }],
  ];
  return questions.flatMap(([text, criteria]) => {
    const given = Object.entries(criteria).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
    return given.length < Object.keys(criteria).length ? [] : [{ text, params: new URLSearchParams(given) }];
  });
}
