import { hrefOf } from '../../../../console/src/lib/route.ts';

/** What the pages of the console are about in a test. */
export interface Subjects {
  environment: string;
  user: string;
  eventIds: readonly [string, string];
}

/** Every page of the console: tests that hold for all of them go through this list. */
export function pagesAbout({ user }: Subjects): { name: string; fragment: string }[] {
  return [
    { name: 'events', fragment: hrefOf([], new URLSearchParams({ user })) },
    { name: 'no such page', fragment: '#/nothing' },
  ];
}

/** The pages over the samples. */
export const SAMPLE_PAGES = pagesAbout({
  environment: 'prod-etl',
  user: 'jonas.weber',
  eventIds: ['5314a77f-ecef-4a16-b23d-74ac2d768dd9', '8f3915cc-e0ae-410c-b74c-baff37bc902e'],
});
