import { evaluatedFindings } from '../../shared/alert/evaluated-findings.ts';
import type { FindingSource } from '../../shared/alert/find-findings.ts';
import { storedFindings } from '../../shared/alert/stored-findings.ts';
import { abortable, createDynamoClient, HTTP_API_LIMITS } from '../../shared/aws/dynamodb.ts';
import type { Environment } from '../../shared/config.ts';
import { defined } from '../../shared/defined.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import { createApi } from '../../shared/http/api.ts';
import { MAX_RESPONSE_BYTES } from '../../shared/http/messages.ts';
import type { QueryDeps } from '../../shared/query/ask.ts';
import { NO_ALIASES, type UserAliases } from '../../shared/query/user-aliases.ts';
import { VERSION } from '../../shared/version.ts';
import { loadRules } from '../detect/load-rules.ts';
import type { AwsOptions } from '../lib/aws-settings.ts';
import { UsageError } from '../lib/command.ts';
import { isAskedByDefault, type StoreOptions, stateTableOf, storeOf, withStore } from '../lib/stores.ts';
import { userAliasesOf } from '../lib/user-aliases.ts';
import { awsProblem } from './aws-problem.ts';
import { createRemoteApi } from './remote-api.ts';
import type { Api, ConsoleSettings } from './site.ts';

/** What `serve` serves: an API, and what the console learns of it. */
export interface Source {
  api: Api;
  settings: ConsoleSettings;
}

type SourceOptions = StoreOptions & AwsOptions & { api?: URL; environment?: string };

/**
 * Opens what the options name, a store or the deployed API, for as long as `work` takes.
 * @param failed called with each error that is not the caller's
 * @throws as `withStore`
 */
export async function withSource(
  { api, environment, ...options }: SourceOptions,
  env: Environment,
  failed: (error: unknown) => void,
  work: (source: Source) => Promise<void>,
): Promise<void> {
  const explain = (error: unknown) => awsProblem(error, env.AWS_PROFILE);
  if (api === undefined) {
    if (environment !== undefined) throw new UsageError('--environment: expected only with --api');
    const serveStore = (deps: QueryDeps) => {
      // Work that several callers share does not end with one of them.
      const closed = new AbortController();
      const dynamo = abortable(deps.dynamo, closed.signal);
      const ours = { ...deps, dynamo };
      const findings = findingsOf(options, env, ours);
      const api = createApi(ours, { maxResponseBytes: MAX_RESPONSE_BYTES, failed, explain, findings });
      return work({ api, settings: storeSettings(options, env, deps.aliases) }).finally(() => closed.abort());
    };
    return withStore(options, env, serveStore, { limits: HTTP_API_LIMITS });
  }
  const region = options.awsRegion ?? regionOf(api);
  const settings = apiSettings(api, environment, await userAliasesOf(env));
  // As all clients of the SDK, it finds the credentials, and renews them.
  const { credentials } = createDynamoClient({ region }).config;
  const remote = createRemoteApi({ address: api, region, credentials, failed, explain });
  return work({ api: remote.api, settings }).finally(remote.close);
}

/** A local store has no alert function. Whether a stack has one, its tables do not say. */
function findingsOf(options: StoreOptions, env: Environment, deps: QueryDeps): FindingSource {
  const store = storeOf(options, env);
  const stack = store.kind === 'deployed' ? store.stack : undefined;
  if (stack !== undefined) return storedFindings(stateTableOf(stack), 'unknown');
  return evaluatedFindings(async () => readRules(await loadRules([])).rules, deps);
}

/**
 * Reads the address of the deployed API.
 * @throws {UsageError}
 */
export function readApiAddress(given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && LOOPBACK_NAMES.has(url.hostname));
  // With user information, a query or a fragment, or below a path, it is not what API Gateway serves.
  if (url && isSafe && url.href === `${url.origin}/`) return url;
  throw new UsageError(
    'Expected the address that serverless deploy printed, such as https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com.',
  );
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * The Region that the name of the host has.
 * @throws {UsageError}
 */
function regionOf({ hostname }: URL): string {
  const [, region] = /\.execute-api\.([a-z0-9-]+)\./.exec(hostname) ?? [];
  if (region !== undefined) return region;
  throw new UsageError('--api: expected the Region of a custom domain: name it with --aws-region');
}

function apiSettings(address: URL, environment: string | undefined, aliases: UserAliases): ConsoleSettings {
  const source = { kind: 'api', name: address.origin } as const;
  return { source, storeFlags: [], ...defined({ environment }), ...common(aliases) };
}

/** The flags are explicit: they hold where no variable of the environment names the stack, too. */
function storeSettings(
  options: StoreOptions & AwsOptions,
  env: Environment,
  aliases: UserAliases = NO_ALIASES,
): ConsoleSettings {
  const store = storeOf(options, env);
  if (store.kind === 'local') {
    const storeFlags = isAskedByDefault(store.folder, env) ? [] : ['--store', store.folder];
    return { source: { kind: 'local', name: store.folder }, storeFlags, ...common(aliases) };
  }
  const { table, profile, awsRegion, stack = table === undefined ? store.stack : undefined } = options;
  const flags = Object.entries({ '--stack': stack, '--table': table, '--profile': profile, '--aws-region': awsRegion });
  return {
    source: { kind: 'table', name: table ?? stack ?? store.tables.eventsTable },
    storeFlags: flags.flatMap(([flag, given]) => (given === undefined ? [] : [flag, given])),
    ...common(aliases),
  };
}

const common = (aliases: UserAliases) => ({ aliases: Object.fromEntries(aliases), version: VERSION });
