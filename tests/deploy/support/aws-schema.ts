import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { PropertyType, Resource, ResourceProperties } from '@aws-cdk/service-spec-types';
import type { StackResource } from './stack.ts';

/** AWS's own schema of CloudFormation's resources, as its development kit publishes it. */
const schema = loadAwsServiceSpecSync();
const types = new Map(schema.all('resource').map((resource) => [resource.cloudFormationType, resource]));

/** @throws when AWS has no such type */
export function resourceType(name: string): Resource {
  const type = types.get(name);
  if (type === undefined) throw new Error(`AWS has no resource type ${name}`);
  return type;
}

/** Whether the namespace, such as `AWS/SQS`, has the metric. Only those are known for which AWS has a dashboard. */
export function isAwsMetric(namespace: string, name: string): boolean {
  return schema.all('metric').some((metric) => metric.namespace === namespace && metric.name === name);
}

/** Returns what is invalid in a resource: unknown names, missing members, values of another type. */
export function schemaProblems({ id, type, properties }: StackResource): string[] {
  return memberProblems(properties, resourceType(type).properties, id);
}

function memberProblems(value: object, members: ResourceProperties, place: string): string[] {
  const missing = Object.entries(members)
    .filter(([name, { required }]) => required && !(name in value))
    .map(([name]) => `${place}: ${name} is required`);
  const wrong = Object.entries(value).flatMap(([name, member]) => {
    const known = members[name];
    return known ? valueProblems(member, known.type, `${place}.${name}`) : [`${place}: there is no ${name}`];
  });
  return [...missing, ...wrong];
}

function valueProblems(value: unknown, type: PropertyType, place: string): string[] {
  const unless = (fits: boolean, expected: string = type.type) => (fits ? [] : [`${place}: expected ${expected}`]);
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  switch (type.type) {
    case 'string':
      if (type.allowedValues)
        return unless(type.allowedValues.includes(String(value)), type.allowedValues.join(' or '));
      return unless(['string', 'number', 'boolean'].includes(typeof value));
    case 'date-time':
      return unless(typeof value === 'string');
    // CloudFormation takes texts that read as the value, which is what `--param` gives.
    case 'integer':
      return unless(/^-?\d+$/.test(String(value)));
    case 'number':
      return unless(/^-?\d+(\.\d+)?$/.test(String(value)));
    case 'boolean':
      return unless(/^(true|false)$/.test(String(value)));
    case 'json':
      return unless(isObject || Array.isArray(value) || typeof value === 'string');
    case 'null':
      return unless(value === null);
    case 'array':
      if (!Array.isArray(value)) return unless(false);
      return value.flatMap((element, i) => valueProblems(element, type.element, `${place}[${i}]`));
    case 'map':
      if (!isObject) return unless(false);
      return Object.entries(value).flatMap(([key, member]) => valueProblems(member, type.element, `${place}.${key}`));
    case 'tag':
      return unless(isObject && 'Key' in value && 'Value' in value);
    case 'ref':
      if (!isObject) return unless(false, schema.get('typeDefinition', type.reference).name);
      return memberProblems(value, schema.get('typeDefinition', type.reference).properties, place);
    case 'union': {
      const alternatives = type.types.map((alternative) => valueProblems(value, alternative, place));
      return alternatives.some((problems) => problems.length === 0) ? [] : alternatives[0]!;
    }
  }
}
