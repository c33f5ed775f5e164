import type { ReactNode } from 'react';
import { displayText } from '../../../shared/render/display.ts';
import type { Route } from '../lib/route.ts';
import { EnvironmentPage } from './environments/environment-page.tsx';
import { EnvironmentsPage } from './environments/environments-page.tsx';
import { EventsPage } from './events/events-page.tsx';
import { NoPage } from './no-page.tsx';
import { OverviewPage } from './overview/overview-page.tsx';
import { UserPage } from './users/user-page.tsx';
import { UsersPage } from './users/users-page.tsx';

/** A page, and what the tab of the browser is called. */
interface Page {
  title: string;
  content: ReactNode;
}

/** The page of a route. */
export function pageOf({ segments, params }: Route): Page {
  const [section, name] = segments;
  if (section === undefined) return { title: 'Events', content: <EventsPage params={params} /> };
  if (section === 'overview') return { title: 'Overview', content: <OverviewPage params={params} /> };
  if (section === 'environments' && name !== undefined) {
    return { title: displayText(name), content: <EnvironmentPage key={name} name={name} params={params} /> };
  }
  if (section === 'environments') return { title: 'Environments', content: <EnvironmentsPage params={params} /> };
  if (section === 'users' && name !== undefined) {
    return { title: displayText(name), content: <UserPage key={name} name={name} params={params} /> };
  }
  if (section === 'users') return { title: 'People', content: <UsersPage params={params} /> };
  return { title: 'Not found', content: <NoPage /> };
}
