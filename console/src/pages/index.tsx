import type { ReactNode } from 'react';
import type { Route } from '../lib/route.ts';
import { EventsPage } from './events/events-page.tsx';
import { NoPage } from './no-page.tsx';

/** A page, and what the tab of the browser is called. */
interface Page {
  title: string;
  content: ReactNode;
}

/** The page of a route. */
export function pageOf({ segments, params }: Route): Page {
  const [section] = segments;
  if (section === undefined) return { title: 'Events', content: <EventsPage params={params} /> };
  return { title: 'Not found', content: <NoPage /> };
}
