import { createContext, type ReactNode, use, useEffect, useMemo, useState } from 'react';
import { type TimeDisplay, timeDisplay } from '../../../shared/render/times.ts';

/** What somebody has chosen for all pages; kept in this browser. */
export interface Preferences {
  zone: 'utc' | 'local';
  scheme: 'system' | 'light' | 'dark';
  density: 'comfortable' | 'compact';
  pageSize: number;
  wrapLines: boolean;
  /** IDs of the columns of events, in order; undefined: the usual ones. */
  columns: readonly { id: string; visible: boolean }[] | undefined;
}

const USUAL: Preferences = {
  zone: 'utc',
  scheme: 'system',
  density: 'compact',
  // The first view must be fast; 25 rows are more than most windows show.
  pageSize: 25,
  wrapLines: false,
  columns: undefined,
};
const KEY = 'mwaa-trail-preferences';

interface Chosen {
  preferences: Preferences;
  prefer(change: Partial<Preferences>): void;
  /** Name of the time zone of what is shown. */
  zone: string;
  dark: boolean;
}

const PreferencesContext = createContext<Chosen | undefined>(undefined);

export function PreferencesProvider({ children }: { children: ReactNode }) {
  const [preferences, setPreferences] = useState(storedPreferences);
  const systemIsDark = useMedia('(prefers-color-scheme: dark)');
  const dark = preferences.scheme === 'system' ? systemIsDark : preferences.scheme === 'dark';
  const chosen = useMemo<Chosen>(
    () => ({
      preferences,
      prefer: (change) =>
        setPreferences((before) => {
          const after = { ...before, ...change };
          localStorage.setItem(KEY, JSON.stringify(after));
          return after;
        }),
      zone: preferences.zone === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone,
      dark,
    }),
    [preferences, dark],
  );
  return <PreferencesContext value={chosen}>{children}</PreferencesContext>;
}

export function usePreferences(): Chosen {
  const chosen = use(PreferencesContext);
  if (chosen === undefined) throw new Error('expected a PreferencesProvider around');
  return chosen;
}

/** How times are written on this page. */
export function useTimes(): TimeDisplay {
  const { zone } = usePreferences();
  return useMemo(() => timeDisplay({ kind: 'absolute', zone, now: Date.now() }), [zone]);
}

/** What was chosen earlier; members of other versions of the console are left out. */
export function storedPreferences(): Preferences {
  try {
    const before: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof before !== 'object' || before === null) return USUAL;
    return Object.fromEntries(
      Object.entries(USUAL).map(([name, usual]) => [name, (before as Record<string, unknown>)[name] ?? usual]),
    ) as unknown as Preferences;
  } catch {
    return USUAL;
  }
}

function useMedia(query: string): boolean {
  const [list] = useState(() => matchMedia(query));
  const [matches, setMatches] = useState(list.matches);
  useEffect(() => {
    const changed = () => setMatches(list.matches);
    list.addEventListener('change', changed);
    return () => list.removeEventListener('change', changed);
  }, [list]);
  return matches;
}
