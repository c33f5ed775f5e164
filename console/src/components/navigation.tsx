import SideNavigation from '@cloudscape-design/components/side-navigation';
import { hrefOf, navigate, type Route } from '../lib/route.ts';
import { useSession } from '../lib/session.tsx';

/** The pages. In the console of one environment, only those that are about it. */
const PAGES = [
  { text: 'Events', segments: [], everywhere: true },
  { text: 'Overview', segments: ['overview'], everywhere: false },
  { text: 'Findings', segments: ['findings'], everywhere: true },
  { text: 'Environments', segments: ['environments'], everywhere: false },
  { text: 'People', segments: ['users'], everywhere: true },
  { text: 'Trust', segments: ['trust'], everywhere: false },
] as const;

export function Navigation({ route }: { route: Route }) {
  const { environment } = useSession().info;
  const items = PAGES.filter(({ everywhere }) => everywhere || environment === undefined).map(({ text, segments }) => ({
    type: 'link' as const,
    text,
    href: hrefOf(segments),
  }));
  const own =
    environment === undefined
      ? []
      : [{ type: 'link' as const, text: 'Environment', href: hrefOf(['environments', environment]) }];
  return (
    <SideNavigation
      header={{ text: 'MWAA audit trail', href: hrefOf([]) }}
      activeHref={hrefOf(activeOf(route, environment))}
      items={[...items, ...own]}
      onFollow={(event) => {
        event.preventDefault();
        navigate(event.detail.href);
      }}
    />
  );
}

/** The page in the navigation that a page belongs to. */
function activeOf({ segments: [section] }: Route, environment: string | undefined): string[] {
  if (section === undefined || section === 'events') return [];
  return section === 'environments' && environment !== undefined ? [section, environment] : [section];
}
