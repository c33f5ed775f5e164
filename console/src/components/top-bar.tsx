import TopNavigation from '@cloudscape-design/components/top-navigation';
import { type Preferences, usePreferences } from '../lib/preferences.tsx';
import { hrefOf, navigate } from '../lib/route.ts';
import { useSession } from '../lib/session.tsx';
import './top-bar.css';

const SOURCES = { local: 'Local store', table: 'DynamoDB', api: 'API' } as const;

/** Where the events are, and what somebody prefers. */
export function TopBar() {
  const { info } = useSession();
  const { preferences, prefer } = usePreferences();
  const source = `${SOURCES[info.source.kind]}: ${info.source.name}`;
  return (
    <div id="top-bar" className="top-bar">
      <TopNavigation
        identity={{
          title: 'mwaa-trail',
          href: hrefOf([]),
          onFollow: (event) => {
            event.preventDefault();
            navigate(hrefOf([]));
          },
        }}
        utilities={[
          {
            type: 'menu-dropdown',
            text: source,
            ariaLabel: `About this console: ${source}`,
            items: [
              ...(info.environment === undefined
                ? []
                : [{ id: 'environment', text: `Environment: ${info.environment}`, disabled: true }]),
              { id: 'version', text: `mwaa-trail ${info.version}`, disabled: true },
            ],
          },
          choice('Times', preferences.zone, { utc: 'UTC', local: 'Local time' }, (zone) => prefer({ zone })),
          choice(
            'Colors',
            preferences.scheme,
            { system: 'Colors of the system', light: 'Light', dark: 'Dark' },
            (scheme) => prefer({ scheme }),
          ),
        ]}
      />
    </div>
  );
}

function choice<Value extends Preferences['zone'] | Preferences['scheme']>(
  label: string,
  value: Value,
  texts: Readonly<Record<Value, string>>,
  choose: (value: Value) => void,
) {
  return {
    type: 'menu-dropdown' as const,
    text: texts[value],
    ariaLabel: `${label}: ${texts[value]}`,
    items: Object.entries<string>(texts).map(([id, text]) => ({ id, text })),
    onItemClick: ({ detail }: { detail: { id: string } }) => choose(detail.id as Value),
  };
}
