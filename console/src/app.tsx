import AppLayout from '@cloudscape-design/components/app-layout';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { applyDensity, applyMode, Density, Mode } from '@cloudscape-design/global-styles';
import { type RefObject, Suspense, useEffect, useMemo, useRef, useState } from 'react';
import { Navigation } from './components/navigation.tsx';
import { PageBoundary } from './components/page-boundary.tsx';
import { type SplitPanelContent, SplitPanelSlot } from './components/split-panel-slot.tsx';
import { TopBar } from './components/top-bar.tsx';
import { usePreferences } from './lib/preferences.tsx';
import { useRoute } from './lib/route.ts';
import { useSession } from './lib/session.tsx';
import { pageOf } from './pages/index.tsx';

/** Windows so narrow have no room for the navigation beside a list and the split panel. */
const ROOM_FOR_ALL = 1800;

/** The frame of all pages: the bar, the navigation, the page of the route, and what it puts into the split panel. */
export function App() {
  const { dark, preferences } = usePreferences();
  const { info } = useSession();
  const route = useRoute();
  const page = useMemo(() => pageOf(route, info.environment), [route, info]);
  const isFirstPage = useRef(true);
  const [panel, setPanel] = useState<SplitPanelContent>();
  const [navigationOpen, setNavigationOpen] = useState(() => window.innerWidth > 1400);
  const [openBesidePanel, setOpenBesidePanel] = useState(() => window.innerWidth > ROOM_FOR_ALL);
  useEffect(() => applyMode(dark ? Mode.Dark : Mode.Light), [dark]);
  useEffect(() => {
    applyDensity(preferences.density === 'compact' ? Density.Compact : Density.Comfortable);
  }, [preferences.density]);
  useEffect(() => {
    document.title = `${page.title} - ${info.environment ?? info.source.name} - mwaa-trail`;
  }, [page.title, info]);
  return (
    <>
      <TopBar />
      <AppLayout
        headerSelector="#top-bar"
        navigation={<Navigation route={route} />}
        navigationOpen={panel === undefined ? navigationOpen : navigationOpen && openBesidePanel}
        onNavigationChange={({ detail: { open } }) => {
          if (open || panel === undefined) setNavigationOpen(open);
          if (panel !== undefined) setOpenBesidePanel(open);
        }}
        toolsHide
        contentType="table"
        content={
          <SplitPanelSlot value={setPanel}>
            <PageBoundary key={route.segments.join('/')}>
              <Suspense fallback={<StatusIndicator type="loading">Loading the page</StatusIndicator>}>
                {page.content}
                <FocusOnHeading isFirst={isFirstPage} />
              </Suspense>
            </PageBoundary>
          </SplitPanelSlot>
        }
        splitPanel={panel?.element}
        splitPanelOpen={panel !== undefined}
        splitPanelPreferences={{ position: 'side' }}
        onSplitPanelToggle={({ detail }) => {
          if (!detail.open) panel?.close();
        }}
        ariaLabels={{
          navigation: 'Pages',
          navigationToggle: 'Open the navigation',
          navigationClose: 'Close the navigation',
        }}
      />
    </>
  );
}

/** After a link to another page, the focus is where its content begins, as in a page that a browser loads. */
function FocusOnHeading({ isFirst }: { isFirst: RefObject<boolean> }) {
  useEffect(() => {
    const heading = document.querySelector<HTMLElement>('main h1');
    if (!isFirst.current && heading !== null) {
      heading.tabIndex = -1;
      heading.focus({ preventScroll: true });
    }
    isFirst.current = false;
  }, [isFirst]);
  return null;
}
