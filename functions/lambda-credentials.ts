import { fromEnv } from '@aws-sdk/credential-provider-env';
import { fromHttp } from '@aws-sdk/credential-provider-http';

/**
 * Replaces the SDK's chain of credential providers in the functions' bundles (lambda-bundle.mjs). Lambda has the credentials of
 * the function's role in the environment; a container of ECS, or of EKS with Pod Identity, has the address of a server that gives
 * them. The other providers are not loaded.
 */
export function defaultProvider(init: Parameters<typeof fromHttp>[0] = {}) {
  return isInContainer(process.env) ? fromHttp(init) : fromEnv(init);
}

const isInContainer = (env: NodeJS.ProcessEnv) =>
  !env.AWS_ACCESS_KEY_ID &&
  Boolean(env.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI || env.AWS_CONTAINER_CREDENTIALS_FULL_URI);
