import { I18nProvider } from '@cloudscape-design/components/i18n';
import messages from '@cloudscape-design/components/i18n/messages/all.en';
import { useEffect, useState } from 'react';
import { App } from './app.tsx';
import { ProblemAlert } from './components/problem-alert.tsx';
import { ApiProblem, type Caller, fetchText } from './lib/api.ts';
import { PreferencesProvider, storedPreferences } from './lib/preferences.tsx';
import { readRoute } from './lib/route.ts';
import { type ConsoleInfo, type Session, SessionProvider } from './lib/session.tsx';
import { findToken, forgetToken } from './lib/token.ts';
import { listPath } from './pages/events/list-path.ts';

/** Finds the token, asks the server what it serves, and opens the console. */
export function Start() {
  const [started, setStarted] = useState<Session | ApiProblem>();
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt starts again
  useEffect(() => {
    const controller = new AbortController();
    openSession(controller.signal).then(setStarted, (problem: unknown) => {
      if (!controller.signal.aborted) setStarted(toProblem(problem));
    });
    return () => controller.abort();
  }, [attempt]);
  return (
    <I18nProvider locale="en" messages={[messages]}>
      <PreferencesProvider>
        {started instanceof ApiProblem ? (
          <main className="start-problem">
            <ProblemAlert problem={started} retry={() => setAttempt((before) => before + 1)} />
          </main>
        ) : (
          started && (
            <SessionProvider session={started}>
              <App />
            </SessionProvider>
          )
        )}
      </PreferencesProvider>
    </I18nProvider>
  );
}

async function openSession(signal: AbortSignal): Promise<Session> {
  const caller = { token: await findToken() };
  const { text } = await fetchText('/console.json', caller, { signal });
  const info: ConsoleInfo = JSON.parse(text);
  return { caller, info, aliases: new Map(Object.entries(info.aliases)), early: askEarly(info, caller) };
}

/** Asks for the events that the first page will show, if it is the page of events. */
function askEarly(info: ConsoleInfo, caller: Caller): Session['early'] {
  const { segments, params } = readRoute(location.hash);
  if (segments.length > 0) return new Map();
  const path = listPath(info, params, storedPreferences().pageSize);
  const answer = fetchText(path, caller);
  // Whoever uses the answer handles its failure.
  answer.catch(() => {});
  return new Map([[path, answer]]);
}

function toProblem(error: unknown): ApiProblem {
  const problem = error instanceof ApiProblem ? error : new ApiProblem(0, { detail: 'The console could not start.' });
  if (problem.status === 401) forgetToken();
  return problem;
}
