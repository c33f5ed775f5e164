import { resourceType } from './aws-schema.ts';

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackName': 'mwaa-trail-dev',
};

/** A template as CloudFormation reads it. */
export interface Template {
  Parameters?: Record<string, { Type: string; Default?: string }>;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Condition?: string }>;
}

export interface Resource {
  Type: string;
  Properties?: Properties;
  DependsOn?: string | string[];
  Condition?: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

// biome-ignore lint/suspicious/noExplicitAny: what it holds depends on the resource; aws-schema.ts checks it.
export type Properties = Record<string, any>;

/** A resource as CloudFormation would make it: conditions decided, references and functions replaced by their values. */
export interface StackResource {
  id: string;
  type: string;
  properties: Properties;
  /** By DependsOn and by references. */
  dependsOn: string[];
  deletionPolicy?: string;
  updateReplacePolicy?: string;
}

export class Stack {
  readonly resources: StackResource[];

  constructor(resources: StackResource[]) {
    this.resources = resources;
  }

  ofType(...types: string[]): StackResource[] {
    return this.resources.filter(({ type }) => types.includes(type));
  }

  /** @throws when it is not in the stack */
  get(id: string): StackResource {
    const found = this.resources.find((resource) => resource.id === id);
    if (found === undefined) throw new Error(`no resource ${id}`);
    return found;
  }

  arn(id: string): string {
    return arnOf(this.get(id));
  }

  /** Returns a copy that a test may modify. */
  copy(): Stack {
    return new Stack(structuredClone(this.resources));
  }
}

/**
 * Does what CloudFormation does with a template's functions. What only AWS can know, such as the id of a key, is the
 * resource's own name.
 * @param given values of the template's parameters
 * @throws at a reference, attribute, condition or function that there is not, and at a circle of references
 */
export function resolveTemplate(template: Template, given: Readonly<Record<string, unknown>> = {}): Stack {
  const parameters: Record<string, unknown> = { ...PSEUDO_PARAMETERS, ...given };
  for (const [name, { Type, Default }] of Object.entries(template.Parameters ?? {})) {
    const value = given[name] ?? Default;
    if (value === undefined) throw new Error(`no value for the parameter ${name}`);
    const isText = Type === 'CommaDelimitedList' && typeof value === 'string';
    parameters[name] = isText ? value.split(',').map((one) => one.trim()) : value;
  }
  const conditions = new Map<string, boolean>();
  const condition = (name: string): boolean => {
    const known = conditions.get(name);
    if (known !== undefined) return known;
    if (!(name in (template.Conditions ?? {}))) throw new Error(`no condition ${name}`);
    const value = decide(template.Conditions![name]);
    conditions.set(name, value);
    return value;
  };
  const decide = (expression: unknown): boolean => {
    const [name, value] = onlyMember(expression);
    if (name === 'Condition') return condition(value as string);
    if (name === 'Fn::Not') return !decide((value as unknown[])[0]);
    if (name === 'Fn::And') return (value as unknown[]).every(decide);
    if (name === 'Fn::Or') return (value as unknown[]).some(decide);
    if (name === 'Fn::Equals') {
      const [a, b] = (value as unknown[]).map((side) => resolver(() => undefined)(side));
      return String(a) === String(b);
    }
    throw new Error(`no condition function ${name}`);
  };

  const isMade = ({ Condition }: { Condition?: string }) => Condition === undefined || condition(Condition);
  const made = new Map<string, StackResource>();
  const inTheMaking: string[] = [];
  const make = (id: string): StackResource => {
    const done = made.get(id);
    if (done) return done;
    const resource = template.Resources[id];
    if (resource === undefined) throw new Error(`no resource ${id}`);
    if (!isMade(resource)) throw new Error(`${id} is not there: its condition is false`);
    if (inTheMaking.includes(id)) throw new Error(`a circle: ${[...inTheMaking, id].join(' -> ')}`);
    inTheMaking.push(id);
    const dependsOn = new Set([resource.DependsOn ?? []].flat());
    for (const other of dependsOn) make(other);
    const properties = resolver((other) => {
      dependsOn.add(other);
      return make(other);
    })(resource.Properties ?? {}) as Properties;
    inTheMaking.pop();
    const result: StackResource = { id, type: resource.Type, properties, dependsOn: [...dependsOn] };
    if (resource.DeletionPolicy !== undefined) result.deletionPolicy = resource.DeletionPolicy;
    if (resource.UpdateReplacePolicy !== undefined) result.updateReplacePolicy = resource.UpdateReplacePolicy;
    made.set(id, result);
    return result;
  };

  /** @param find nothing: no resource may be named here */
  const resolver = (find: (id: string) => StackResource | undefined) => {
    const named = (id: string): StackResource => {
      const resource = find(id);
      if (resource === undefined) throw new Error(`${id} may not be named here`);
      return resource;
    };
    const ref = (id: string) => parameters[id] ?? referenceTo(named(id));
    const functions: Readonly<Record<string, (value: never) => unknown>> = {
      Ref: (id: string) => (id === 'AWS::NoValue' ? undefined : ref(id)),
      'Fn::GetAtt': ([id, ...name]: string[]) => attributeOf(named(id!), name.join('.')),
      'Fn::Sub': (argument: string | [string, Record<string, unknown>]) => {
        const [text, variables] = typeof argument === 'string' ? [argument, {}] : argument;
        return text.replaceAll(/\$\{([^}!]+)\}/g, (_, name: string) => {
          if (name in variables) return String(resolve(variables[name]));
          const [id = '', ...attribute] = name.split('.');
          return attribute.length === 0 ? String(ref(id)) : attributeOf(named(id), attribute.join('.'));
        });
      },
      'Fn::Join': ([separator, parts]: [string, unknown]) => (resolve(parts) as unknown[]).join(separator),
      'Fn::Split': ([separator, text]: [string, unknown]) => String(resolve(text)).split(separator),
      'Fn::Select': ([index, list]: [number, unknown]) => (resolve(list) as unknown[])[Number(index)],
      'Fn::If': ([name, yes, no]: [string, unknown, unknown]) => resolve(condition(name) ? yes : no),
    };
    const resolve = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(resolve).filter((element) => element !== undefined);
      if (typeof value !== 'object' || value === null) return value;
      const [name, argument] = Object.entries(value)[0] ?? [];
      const apply = Object.keys(value).length === 1 && name !== undefined ? functions[name] : undefined;
      if (apply) return apply(argument as never);
      if (name?.startsWith('Fn::')) throw new Error(`no function ${name}`);
      const members = Object.entries(value).map(([key, member]) => [key, resolve(member)] as const);
      return Object.fromEntries(members.filter(([, member]) => member !== undefined));
    };
    return resolve;
  };

  const ids = Object.keys(template.Resources).filter((id) => isMade(template.Resources[id]!));
  const stack = new Stack(ids.map(make));
  const outputs = Object.entries(template.Outputs ?? {}).filter(([, output]) => isMade(output));
  resolver((id) => stack.get(id))(Object.fromEntries(outputs));
  return stack;
}

function onlyMember(expression: unknown): [string, unknown] {
  const [member, ...others] = Object.entries(expression as object);
  if (member === undefined || others.length > 0) throw new Error(`no condition: ${JSON.stringify(expression)}`);
  return member;
}

/** What `Ref` gives: the identifier that AWS's schema names. */
function referenceTo(resource: StackResource): string {
  const { primaryIdentifier = [], cfnRefIdentifier } = resourceType(resource.type);
  const [name = ''] = cfnRefIdentifier ?? primaryIdentifier;
  if (name === 'QueueUrl') return `https://sqs.${REGION}.amazonaws.com/${ACCOUNT}/${resource.properties.QueueName}`;
  return valueNamed(resource, name);
}

/** What `Fn::GetAtt` gives. */
function attributeOf(resource: StackResource, attribute: string): string {
  if (attribute === 'StreamArn') return streamArnOf(resource);
  if (attribute in resourceType(resource.type).attributes) return valueNamed(resource, attribute);
  throw new Error(`${resource.type} ${resource.id} has no attribute ${attribute}`);
}

/** @throws if the table has no stream, as CloudFormation does */
export function streamArnOf(resource: StackResource): string {
  if (!resource.properties.StreamSpecification) throw new Error(`${resource.id} has no stream`);
  return `${arnOf(resource)}/stream/2026-11-20T00:00:00.000`;
}

const valueNamed = (resource: StackResource, name: string) =>
  name.endsWith('Arn') ? arnOf(resource) : nameOf(resource, name);

function arnOf(resource: StackResource): string {
  const parts: Readonly<Record<string, string>> = { Partition: 'aws', Region: REGION, Account: ACCOUNT };
  const { arnTemplate = '' } = resourceType(resource.type);
  return arnTemplate.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => parts[name] ?? nameOf(resource, name));
}

function nameOf({ id, type, properties }: StackResource, name: string): string {
  // The ARN of a role has its path, too.
  if (name === 'RoleNameWithPath') return `${properties.Path ?? '/'}${properties.RoleName ?? id}`.slice(1);
  // The ARN of a bus has its name as that of another property.
  return String(properties[name] ?? (type === 'AWS::Events::EventBus' ? properties.Name : id));
}
