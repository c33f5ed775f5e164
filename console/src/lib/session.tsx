import { createContext, type ReactNode, use } from 'react';
import type { UserAliases } from '../../../shared/query/user-aliases.ts';
import type { Caller } from './api.ts';

/** What `serve` tells the page at its start: the answer of /console.json. */
export interface ConsoleInfo {
  /** Where the events are. */
  source: { kind: 'local' | 'table' | 'api'; name: string };
  /** The flags that make a command ask the same store, such as `['--stack', 'mwaa-trail-prod']`. */
  storeFlags: readonly string[];
  /** The only environment that this console is about; absent: all. */
  environment?: string;
  /** Names of people by user ID. */
  aliases: Readonly<Record<string, string>>;
  version: string;
}

/** What all pages need to know of the server that they came from. */
export interface Session {
  caller: Caller;
  info: ConsoleInfo;
  aliases: UserAliases;
  /** An answer that was asked for before the first page was rendered, which takes as long; by its path, for one use. */
  early: Map<string, Promise<{ text: string }>>;
}

const SessionContext = createContext<Session | undefined>(undefined);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === undefined) throw new Error('expected a SessionProvider around');
  return session;
}
