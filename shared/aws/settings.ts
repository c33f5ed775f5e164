/** What the AWS SDK takes as its logger. */
type SdkLogger = Record<'trace' | 'debug' | 'info' | 'warn' | 'error', (...content: unknown[]) => void>;

const nothing = () => {};

/**
 * A logger for the AWS SDK that logs nothing. For the SDK's own, which has all methods, each request and answer is first copied
 * with sensitive members masked, and then thrown away. Without `info` and `error`, which the SDK looks for, they are not.
 */
const SDK_LOGGER = { trace: nothing, debug: nothing, warn: nothing } as unknown as SdkLogger;

/** How long a client of the AWS SDK waits, and how often it tries. */
export interface ClientLimits {
  /** Milliseconds until a connection is open. */
  connection: number;
  /** Milliseconds until the answer to one attempt begins, and between two pieces of it. */
  request: number;
  /** Attempts at a request, the first included. */
  attempts: number;
}

/** For control planes and all services without limits of their own: they answer within a second. */
const DEFAULT_LIMITS: ClientLimits = { connection: 3_000, request: 10_000, attempts: 5 };

/**
 * Returns the SDK's setting for a number of attempts. If AWS_MAX_ATTEMPTS is set, returns no setting, so that the SDK follows the
 * variable.
 */
export function attempts(count: number): { maxAttempts?: number } {
  return process.env.AWS_MAX_ATTEMPTS ? {} : { maxAttempts: count };
}

/**
 * The settings that all clients of the AWS SDK share. Region, credentials and endpoints are left to the SDK.
 * @param maxSockets connections to keep alive, if more than the SDK's own 50
 */
export function clientSettings(limits: ClientLimits = DEFAULT_LIMITS, maxSockets?: number) {
  const agent = { keepAlive: true, maxSockets };
  return {
    logger: SDK_LOGGER,
    ...attempts(limits.attempts),
    requestHandler: {
      connectionTimeout: limits.connection,
      requestTimeout: limits.request,
      // Also covers a body that stalls, which `requestTimeout` does not.
      socketTimeout: limits.request,
      // Otherwise the SDK only warns of a request that takes too long.
      throwOnRequestTimeout: true,
      ...(maxSockets && { httpAgent: agent, httpsAgent: agent }),
    },
  };
}

/** Creates a client of a service that needs no settings of its own. */
export function createClient<Client>(
  Service: new (config: ReturnType<typeof clientSettings>) => Client,
  { limits, ...overrides }: Partial<{ region: string; maxAttempts: number; limits: ClientLimits }> = {},
): Client {
  return new Service({ ...clientSettings(limits), ...overrides });
}
