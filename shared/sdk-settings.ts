/** What the AWS SDK takes as its logger. */
type SdkLogger = Record<'trace' | 'debug' | 'info' | 'warn' | 'error', (...content: unknown[]) => void>;

const nothing = () => {};

/**
 * A logger for the AWS SDK that hears nothing. The SDK's own has all methods, so each request and answer is first copied
 * with what is sensitive masked, and then thrown away; without `info` and `error`, which it looks for, they are not.
 */
export const SDK_LOGGER = { trace: nothing, debug: nothing, warn: nothing } as unknown as SdkLogger;

/**
 * Time-outs of a client of the AWS SDK that fire. `socketTimeout` also covers a body that stalls, which `requestTimeout`
 * does not.
 * @param timeOuts milliseconds
 * @param maxSockets connections that are kept alive, when they are to be more than the SDK's own 50
 */
export function requestHandler(timeOuts: { connection: number; request: number }, maxSockets?: number) {
  const agent = { keepAlive: true, maxSockets };
  return {
    connectionTimeout: timeOuts.connection,
    requestTimeout: timeOuts.request,
    socketTimeout: timeOuts.request,
    // Otherwise the SDK only warns of a request that takes too long.
    throwOnRequestTimeout: true,
    ...(maxSockets && { httpAgent: agent, httpsAgent: agent }),
  };
}
