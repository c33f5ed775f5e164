import { hrefOf } from '../../../../console/src/lib/route.ts';

/** What the pages of the console are about in a test. */
export interface Subjects {
  environment: string;
  user: string;
  eventIds: readonly [string, string];
}

/** Every page of the console. Tests that hold for all of them go through this list. */
export function pagesAbout({ environment, user, eventIds }: Subjects): { name: string; fragment: string }[] {
  const [eventId] = eventIds;
  const query = (...pairs: [string, string][]) => new URLSearchParams(pairs);
  return [
    { name: 'events', fragment: hrefOf([], query(['user', user])) },
    { name: 'an event beside the events', fragment: hrefOf([], query(['user', user], ['event', eventId])) },
    { name: 'an event', fragment: hrefOf(['events', eventId]) },
    { name: 'comparison', fragment: hrefOf(['compare'], query(...eventIds.map((id): [string, string] => ['id', id]))) },
    { name: 'overview', fragment: hrefOf(['overview']) },
    { name: 'findings', fragment: hrefOf(['findings'], query(['level', 'low'])) },
    { name: 'environments', fragment: hrefOf(['environments']) },
    { name: 'an environment', fragment: hrefOf(['environments', environment]) },
    { name: 'people', fragment: hrefOf(['users']) },
    { name: 'a person', fragment: hrefOf(['users', user]) },
    { name: 'trust', fragment: hrefOf(['trust']) },
    { name: 'no such page', fragment: hrefOf(['nothing']) },
  ];
}

/** The pages over the samples. */
export const SAMPLE_PAGES = pagesAbout({
  environment: 'prod-etl',
  user: 'jonas.weber',
  eventIds: ['5314a77f-ecef-4a16-b23d-74ac2d768dd9', '8f3915cc-e0ae-410c-b74c-baff37bc902e'],
});
