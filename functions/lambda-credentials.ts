/**
 * Stands, in the functions' bundles, for the SDK's chain of credential providers (lambda-bundle.mjs). Lambda has the credentials of
 * the function's role in the environment, so files, single sign-on and the metadata of machines need not be loaded.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
