import { Problem } from '../problem.ts';

/**
 * @param parameter the one that names the event
 * @throws {Problem} if the event is not stored
 */
export function found<T>(event: T | undefined, parameter: string): T {
  if (event !== undefined) return event;
  throw new Problem('no-such-event', `${parameter}: expected the eventID of a stored event`, parameter);
}
