/** What the AWS SDK takes as its logger. */
type SdkLogger = Record<'trace' | 'debug' | 'info' | 'warn' | 'error', (...content: unknown[]) => void>;

const nothing = () => {};

/**
 * A logger for the AWS SDK that hears nothing. The SDK's own has all methods, so each request and answer is first copied
 * with what is sensitive masked, and then thrown away; without `info` and `error`, which it looks for, they are not.
 */
export const SDK_LOGGER = { trace: nothing, debug: nothing, warn: nothing } as unknown as SdkLogger;
