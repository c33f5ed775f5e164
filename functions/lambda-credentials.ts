/**
 * Replaces the SDK's chain of credential providers in the functions' bundles (lambda-bundle.mjs). Lambda has the credentials of
 * the function's role in the environment, so the other providers need not be loaded.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
