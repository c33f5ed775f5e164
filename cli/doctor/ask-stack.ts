import {
  type CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  paginateListStackResources,
  paginateListStacks,
  type StackStatus,
} from '@aws-sdk/client-cloudformation';
import { type Answer, ask } from './answer.ts';
import { type DeployedTemplate, readTemplate } from './deployed-template.ts';
import type { Asker, StackResource, StackResources } from './stack.ts';

/** Whether there is such a stack here, and in which state. */
export async function askStackStatus(cloudFormation: CloudFormationClient, name: string): Promise<Answer<string>> {
  return ask('cloudformation:DescribeStacks', async () => {
    const { Stacks = [] } = await existing(cloudFormation.send(new DescribeStacksCommand({ StackName: name })));
    return Stacks[0]?.StackStatus ?? '';
  });
}

/** What the stack consists of. */
export async function askResources(
  cloudFormation: CloudFormationClient,
  name: string,
): Promise<Answer<StackResources>> {
  return ask('cloudformation:ListStackResources', () => listResources(cloudFormation, name));
}

/** Lists what a stack consists of. Errors are the SDK's; `StackNotFound` if there is no such stack. */
export async function listResources(cloudFormation: CloudFormationClient, name: string): Promise<StackResources> {
  const resources = new Map<string, StackResource>();
  const pages = paginateListStackResources({ client: cloudFormation }, { StackName: name });
  for (let page = await existing(pages.next()); !page.done; page = await existing(pages.next())) {
    for (const summary of page.value.StackResourceSummaries ?? []) {
      const { LogicalResourceId = '', ResourceType = '', PhysicalResourceId = '' } = summary;
      resources.set(LogicalResourceId, { type: ResourceType, physicalId: PhysicalResourceId });
    }
  }
  return resources;
}

/** What the stack's template says. */
export async function askTemplate(
  cloudFormation: CloudFormationClient,
  name: string,
  resources: StackResources,
  asker: Asker,
): Promise<Answer<DeployedTemplate>> {
  return ask('cloudformation:GetTemplate', async () => {
    const { TemplateBody = '' } = await existing(cloudFormation.send(new GetTemplateCommand({ StackName: name })));
    return readTemplate(TemplateBody, resources, asker);
  });
}

/** Names of stacks in this Region that begin like this one; none when they may not be listed. */
export async function similarStacks(cloudFormation: CloudFormationClient, name: string): Promise<string[]> {
  const service = name.replace(/-[^-]*$/, '');
  const answer = await ask('cloudformation:ListStacks', async () => {
    const names: string[] = [];
    for await (const page of paginateListStacks({ client: cloudFormation }, { StackStatusFilter: EXISTING })) {
      names.push(...(page.StackSummaries ?? []).map(({ StackName = '' }) => StackName));
    }
    return names.filter((other) => other.startsWith(service));
  });
  return 'known' in answer ? answer.known : [];
}

const EXISTING: StackStatus[] = [
  'CREATE_COMPLETE',
  'UPDATE_COMPLETE',
  'UPDATE_ROLLBACK_COMPLETE',
  'IMPORT_COMPLETE',
  'CREATE_IN_PROGRESS',
  'UPDATE_IN_PROGRESS',
];

/** CloudFormation says `ValidationError` of a stack that is not there, and of much else. */
async function existing<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const { name, message } = error as Error;
    if (name === 'ValidationError' && message.includes('does not exist')) (error as Error).name = 'StackNotFound';
    throw error;
  }
}
