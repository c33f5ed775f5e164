import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import { useMemo } from 'react';
import type { LikelyCause } from '../../../shared/query/likely-causes.ts';
import { likelyCauseText, type Wording } from '../../../shared/render/likely-causes.ts';
import { suggestionsOf } from '../lib/cause-links.ts';
import { labelOf, questionOf } from '../lib/criteria.ts';
import { apiPath } from '../lib/paths.ts';
import { useTimes } from '../lib/preferences.tsx';
import { hrefOf } from '../lib/route.ts';
import { type ConsoleInfo, useSession } from '../lib/session.tsx';
import { useAnswer } from '../lib/use-answer.ts';
import { PageLink } from './value.tsx';
import './no-events.css';

interface NoEventsProps {
  /** Of the page whose question has no events. */
  params: URLSearchParams;
}

/** Says that no event matches, why that may be, and with links what to ask instead. */
export function NoEvents({ params }: NoEventsProps) {
  const { info } = useSession();
  const times = useTimes();
  const wording = useMemo(() => wordingOf(info), [info]);
  const { data, loading } = useAnswer<{ causes: LikelyCause[] }>(apiPath(info, '/likely-causes', questionOf(params)));
  const causes = data?.causes ?? [];
  return (
    <Box margin={{ vertical: 's' }}>
      <SpaceBetween size="s">
        <b>No events match.</b>
        {loading && (
          <>
            <Spinner /> Looking for likely causes
          </>
        )}
        {!loading &&
          causes.map((cause) => (
            <div key={JSON.stringify(cause)}>
              {likelyCauseText(cause, wording, times)}
              <ul className="suggestions">
                {suggestionsOf(cause, params).map((suggestion) => (
                  <li key={suggestion.text}>
                    <PageLink href={hrefOf([], suggestion.params)}>{suggestion.text}</PageLink>
                  </li>
                ))}
              </ul>
            </div>
          ))}
      </SpaceBetween>
    </Box>
  );
}

function wordingOf({ source, environment }: ConsoleInfo): Wording {
  const pages: Readonly<Record<string, string>> = {
    environment: 'The page Environments lists all names.',
    user: 'The page People lists all users.',
  };
  return {
    criterion: (name) => `“${labelOf(name)}”`,
    listing: (name) => (environment === undefined ? pages[name] : undefined),
    emptyStore:
      source.kind === 'local'
        ? 'add log files with mwaa-trail replay PATH'
        : 'mwaa-trail doctor finds out why, and mwaa-trail backfill imports existing log files',
  };
}
