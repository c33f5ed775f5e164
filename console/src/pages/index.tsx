import { lazy, type ReactNode } from 'react';
import { displayText } from '../../../shared/render/display.ts';
import { routeWithin } from '../lib/one-environment.ts';
import type { Route } from '../lib/route.ts';
import { EventsPage } from './events/events-page.tsx';
import { NoPage } from './no-page.tsx';
import { NotHere } from './not-here.tsx';

// The first view needs only the page of events; each other page is loaded when it is first visited.
const ComparePage = lazy(async () => ({ default: (await import('./compare/compare-page.tsx')).ComparePage }));
const EnvironmentPage = lazy(async () => ({
  default: (await import('./environments/environment-page.tsx')).EnvironmentPage,
}));
const EnvironmentsPage = lazy(async () => ({
  default: (await import('./environments/environments-page.tsx')).EnvironmentsPage,
}));
const EventPage = lazy(async () => ({ default: (await import('./event/event-page.tsx')).EventPage }));
const FindingsPage = lazy(async () => ({ default: (await import('./findings/findings-page.tsx')).FindingsPage }));
const OverviewPage = lazy(async () => ({ default: (await import('./overview/overview-page.tsx')).OverviewPage }));
const TrustPage = lazy(async () => ({ default: (await import('./trust/trust-page.tsx')).TrustPage }));
const UserPage = lazy(async () => ({ default: (await import('./users/user-page.tsx')).UserPage }));
const UsersPage = lazy(async () => ({ default: (await import('./users/users-page.tsx')).UsersPage }));

/** A page, and what the tab of the browser is called. */
interface Page {
  title: string;
  content: ReactNode;
}

/** The page of a route. @param only the environment that this console is about; undefined: all */
export function pageOf(route: Route, only: string | undefined): Page {
  if (only === undefined) return pageIn(route);
  const within = routeWithin(route, only);
  return within === undefined ? { title: 'Not in this console', content: <NotHere only={only} /> } : pageIn(within);
}

function pageIn({ segments, params }: Route): Page {
  const [section, name] = segments;
  if (section === undefined) return { title: 'Events', content: <EventsPage params={params} /> };
  if (name === undefined) return listPage(section, params);
  const title = displayText(name);
  switch (section) {
    case 'events':
      return { title: 'Event', content: <EventPage eventId={name} /> };
    case 'environments':
      return { title, content: <EnvironmentPage key={name} name={name} params={params} /> };
    case 'users':
      return { title, content: <UserPage key={name} name={name} params={params} /> };
    default:
      return NOT_FOUND;
  }
}

function listPage(section: string, params: URLSearchParams): Page {
  switch (section) {
    case 'compare':
      return { title: 'Compare events', content: <ComparePage params={params} /> };
    case 'overview':
      return { title: 'Overview', content: <OverviewPage params={params} /> };
    case 'findings':
      return { title: 'Findings', content: <FindingsPage params={params} /> };
    case 'environments':
      return { title: 'Environments', content: <EnvironmentsPage params={params} /> };
    case 'users':
      return { title: 'People', content: <UsersPage params={params} /> };
    case 'trust':
      return { title: 'Trust', content: <TrustPage params={params} /> };
    default:
      return NOT_FOUND;
  }
}

const NOT_FOUND: Page = { title: 'Not found', content: <NoPage /> };
