import { type ApiRequest, type ApiResponse, apiResponse, problemResponse } from '../../shared/http/messages.ts';
import { Problem } from '../../shared/http/problem.ts';
import { type ConsoleFiles, fileResponse } from './console-files.ts';
import type { Site, SiteResponse } from './http-server.ts';
import { hasToken } from './token.ts';

/** The API, as `createApi` returns it. */
export type Api = (request: ApiRequest) => Promise<ApiResponse>;

/** What the console learns at `/console.json`. */
export interface ConsoleSettings {
  /** Where the events come from; `name` is a folder, a stack or table, or the address of the API. */
  source: { kind: 'local' | 'table' | 'api'; name: string };
  /** The flags with which a command queries the same store; none if it does without flags, and for an API. */
  storeFlags: readonly string[];
  /** The one environment that the console shows; absent: all. */
  environment?: string;
  /** Names of people by their user ID. */
  aliases: Readonly<Record<string, string>>;
  version: string;
}

interface SiteParts {
  api: Api;
  settings: ConsoleSettings;
  /** Undefined: the console is not built. */
  files: ConsoleFiles | undefined;
  /** What requests to the API must have; undefined: nothing. */
  token: string | undefined;
}

/** The console at `/`, which holds no secrets, and with the token the API and `/console.json`. Everything is read-only. */
export function createSite({ api, settings, files, token }: SiteParts): Site {
  return async (request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return refusal('method-not-allowed', 'expected the method GET or HEAD');
    }
    const [path = ''] = request.url.split('?', 1);
    const file = files?.get(path);
    if (file) return fileResponse(file, request);
    if (path === '/') return refusal('no-such-resource', `expected the console to be built: ${HOW_TO_BUILD}`);
    return refusalOf(request, token) ?? (path === '/console.json' ? settingsResponse(settings) : api(request));
  };
}

export const HOW_TO_BUILD = 'run npm run build in the checkout, and start serve again';

/** Why a request to the API is not answered; undefined: it is. */
function refusalOf({ headers }: ApiRequest, token: string | undefined): SiteResponse | undefined {
  const site = headers.get('sec-fetch-site') ?? 'none';
  if (site !== 'same-origin' && site !== 'none') {
    return refusal('bad-request', 'expected no request of the page of another site (Sec-Fetch-Site)');
  }
  if (token === undefined || hasToken(headers.get('authorization'), token)) return undefined;
  return refusal(
    'unauthorized',
    'expected the header Authorization: Bearer TOKEN, with the token that mwaa-trail serve printed when it started, after #token= in the address',
  );
}

const refusal = (...problem: ConstructorParameters<typeof Problem>) => problemResponse(new Problem(...problem));

const settingsResponse = (settings: ConsoleSettings) =>
  apiResponse(200, 'application/json', JSON.stringify(settings), {});
