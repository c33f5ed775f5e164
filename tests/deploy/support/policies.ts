import type { Properties, Stack, StackResource } from './stack.ts';

/** A statement of a policy, with lists where a single value may stand. */
export interface Statement {
  /** The resource that the policy stands in. */
  in: string;
  effect: string;
  actions: string[];
  resources: string[];
  principal: unknown;
  condition: Record<string, Record<string, string | string[]>>;
  /** As it is written. */
  text: Properties;
}

const list = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat());

function statementsOf(id: string, document: Properties | undefined): Statement[] {
  return [document?.Statement ?? []].flat().map((text: Properties) => ({
    in: id,
    effect: text.Effect,
    actions: list(text.Action),
    resources: list(text.Resource),
    principal: text.Principal,
    condition: text.Condition ?? {},
    text,
  }));
}

/** What the role of each function may do: its own policies, and those that name it. */
export function identityStatements(stack: Stack): Statement[] {
  const inline = stack
    .ofType('AWS::IAM::Role')
    .flatMap(({ id, properties }) =>
      (properties.Policies ?? []).flatMap(({ PolicyDocument }: Properties) => statementsOf(id, PolicyDocument)),
    );
  const idOf = (name: string) =>
    stack.ofType('AWS::IAM::Role').find(({ id, properties }) => name === (properties.RoleName ?? id))?.id ?? name;
  const attached = stack
    .ofType('AWS::IAM::Policy')
    .flatMap(({ properties: { Roles, PolicyDocument } }) =>
      Roles.flatMap((role: string) => statementsOf(idOf(role), PolicyDocument)),
    );
  return [...inline, ...attached];
}

/** Who may assume the roles. */
export function trustStatements(stack: Stack): Statement[] {
  return stack
    .ofType('AWS::IAM::Role')
    .flatMap(({ id, properties }) => statementsOf(id, properties.AssumeRolePolicyDocument));
}

/** Of queues, buckets, topics, keys, event buses, and of functions, whose permissions are statements in other words. */
export function resourceStatements(stack: Stack): Statement[] {
  const documents = stack
    .ofType('AWS::SQS::QueuePolicy', 'AWS::S3::BucketPolicy', 'AWS::SNS::TopicPolicy', 'AWS::KMS::Key')
    .flatMap(({ id, properties }) => statementsOf(id, properties.PolicyDocument ?? properties.KeyPolicy));
  const buses = stack
    .ofType('AWS::Events::EventBusPolicy')
    .flatMap(({ id, properties: { Statement } }) => statementsOf(id, { Statement }));
  return [...documents, ...buses, ...stack.ofType('AWS::Lambda::Permission').flatMap(permissionStatement)];
}

function permissionStatement({ id, properties }: StackResource): Statement[] {
  const { Action, FunctionName, Principal, SourceArn, SourceAccount } = properties;
  return statementsOf(id, {
    Statement: {
      Effect: 'Allow',
      Principal: { Service: Principal },
      Action,
      Resource: FunctionName,
      Condition: {
        ...(SourceArn && { ArnLike: { 'aws:SourceArn': SourceArn } }),
        ...(SourceAccount && { StringEquals: { 'aws:SourceAccount': SourceAccount } }),
      },
    },
  });
}

/** The services that a statement lets in. */
export function servicesOf({ principal }: Statement): string[] {
  return typeof principal === 'object' ? list((principal as { Service?: string | string[] } | null)?.Service) : [];
}

/** The values of a condition key, whatever the operator, and the operators. */
export function conditionOn({ condition }: Statement, key: string): { operators: string[]; values: string[] } {
  const on = Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(keys)
      .filter(([name]) => name.toLowerCase() === key.toLowerCase())
      .map(([, values]) => ({ operator, values: list(values) })),
  );
  return { operators: on.map(({ operator }) => operator), values: on.flatMap(({ values }) => values) };
}
