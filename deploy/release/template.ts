import { defined } from '../../shared/defined.ts';
import {
  expressionOf,
  LOG_RETENTION_DAYS,
  NAMING_CONDITIONS,
  PLACEHOLDER,
  PLACEHOLDER_REGION,
  RULES,
  type TemplateParameter,
} from './parameters.ts';

/** A template as Serverless compiles it. */
export interface Compiled {
  Description?: string;
  Conditions?: Record<string, unknown>;
  Resources: Record<string, CompiledResource>;
  Outputs?: Record<string, CompiledOutput>;
}
interface CompiledResource {
  Type: string;
  Condition?: string;
  Properties?: Record<string, unknown>;
}
interface CompiledOutput {
  Description?: string;
  Condition?: string;
  Value: unknown;
}

/** A template with parameters, as CloudFormation takes it. */
export interface ReleaseTemplate extends Compiled {
  AWSTemplateFormatVersion: '2010-09-09';
  Parameters: Record<string, TemplateParameter>;
  Rules: Record<string, unknown>;
}

/**
 * What is compiled: each value of `source`, `verify`, `alerts`, `live` and `export`, in such a way that those with a resource say
 * which of them it needs.
 */
export const COMPILED = [
  { source: 'new-trail', verify: 'on', alerts: 'on', live: 'off', export: 'off' },
  { source: 'bucket', verify: 'off', alerts: 'on', live: 'on', export: 'off' },
  { source: 'topic', verify: 'on', alerts: 'off', live: 'on', export: 'off' },
  { source: 'topic', verify: 'off', alerts: 'off', live: 'off', export: 'on' },
] as const;

/**
 * The condition under which something is there, by those of `COMPILED` that have it; undefined: always. What depends on two
 * parameters has a condition of its own beside that.
 */
const CONDITIONS: Readonly<Record<string, string | undefined>> = {
  '0,1,2,3': undefined,
  '0': 'MakesTrail',
  '1': 'AttachesToBucket',
  '2,3': 'AttachesToTopic',
  '0,2': 'HasVerification',
  '0,1': 'HasAlerts',
  '1,2': 'HasLive',
  '3': 'HasExport',
};

const DERIVED = {
  AttachesToBucket: { 'Fn::Equals': [{ Ref: 'Source' }, 'bucket'] },
  AttachesToTopic: { 'Fn::Equals': [{ Ref: 'Source' }, 'topic'] },
  ReadsAllLive: { 'Fn::Equals': [{ Ref: 'Live' }, 'all'] },
  HasExport: { 'Fn::Equals': [{ Ref: 'Export' }, 'daily'] },
};

/** Serverless's own bucket for the code, and versions that nothing refers to. */
const OF_SERVERLESS = /^ServerlessDeploymentBucket|LambdaVersion|LambdaFunctionQualifiedArn$/;

/**
 * Makes one template with parameters of those that Serverless has compiled with placeholders, in the order of `COMPILED`.
 * @throws {Error} if something differs between them that no condition expresses
 */
export function releaseTemplate(
  compiled: readonly Compiled[],
  parameters: Record<string, TemplateParameter>,
): ReleaseTemplate {
  const conditions = merge(compiled.map(({ Conditions = {} }) => Conditions));
  const Conditions: Record<string, unknown> = {
    ...Object.fromEntries(conditions.map(({ name, value }) => [name, filledIn(value)])),
    ...DERIVED,
    ...NAMING_CONDITIONS,
  };
  /** The condition of something that has one of its own, or not. */
  const conditionFor = (needed: string | undefined, own: string | undefined): { Condition?: string } => {
    if (needed === undefined || own === undefined || needed === own) return defined({ Condition: needed ?? own });
    const Condition = `${needed}And${own}`;
    Conditions[Condition] = { 'Fn::And': [{ Condition: needed }, { Condition: own }] };
    return { Condition };
  };
  const Resources = merge(withConditionalVariables(compiled.map((one) => one.Resources))).map(
    ({ name, value, where }) => {
      const { Condition, ...resource } = value;
      const filled = filledIn(withCode(resource)) as CompiledResource;
      return [name, { ...filled, ...conditionFor(CONDITIONS[String(where)], Condition) }];
    },
  );
  const Outputs = merge(compiled.map(({ Outputs = {} }) => Outputs)).map(({ name, value, where }) => {
    const { Description, Condition, Value } = value;
    return [
      name,
      { ...defined({ Description }), Value: filledIn(Value), ...conditionFor(CONDITIONS[String(where)], Condition) },
    ];
  });
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'mwaa-trail: the audit trail of Amazon MWAA, made queryable',
    Parameters: parameters,
    Rules: RULES,
    Conditions,
    Resources: Object.fromEntries(Resources),
    Outputs: Object.fromEntries(Outputs),
  };
}

type Resources = Readonly<Record<string, CompiledResource>>;

/** Gives a function the environment variables that it has in some of `COMPILED`, each with their condition, in all of them. */
function withConditionalVariables(compiled: readonly Resources[]): Resources[] {
  return compiled.map((resources) =>
    Object.fromEntries(
      Object.entries(resources).map(([name, resource]) => {
        const places = compiled.flatMap((one, i) => (name in one ? [i] : []));
        const variablesAt = (i: number) => variablesOf(compiled[i]?.[name]);
        const names = new Set(places.flatMap((i) => Object.keys(variablesAt(i))));
        const conditional = [...names].flatMap((variable) => {
          const where = places.filter((i) => variable in variablesAt(i));
          if (where.length === places.length) return [];
          const condition = CONDITIONS[String(where)];
          if (condition === undefined) throw new Error(`${name}: no condition for ${variable}`);
          const value = variablesAt(where[0] ?? 0)[variable];
          return [[variable, { 'Fn::If': [condition, value, { Ref: 'AWS::NoValue' }] }]];
        });
        if (conditional.length === 0) return [name, resource];
        const others = Object.entries(variablesOf(resource)).filter(([one]) => !conditional.some(([it]) => it === one));
        const Variables = Object.fromEntries([...others, ...conditional]);
        return [name, { ...resource, Properties: { ...resource.Properties, Environment: { Variables } } }];
      }),
    ),
  );
}

const variablesOf = (resource: CompiledResource | undefined) =>
  (resource?.Properties?.Environment as { Variables?: Record<string, unknown> } | undefined)?.Variables ?? {};

interface Merged<T> {
  name: string;
  value: T;
  /** Which of `COMPILED` have it. */
  where: number[];
}

/** What several have in common by its name, where it is the same; without what only Serverless needs. */
function merge<T>(parts: readonly Record<string, T>[]): Merged<T>[] {
  const merged = new Map<string, Merged<T>>();
  for (const [i, part] of parts.entries()) {
    for (const [name, value] of Object.entries(part)) {
      if (OF_SERVERLESS.test(name)) continue;
      const one = merged.get(name) ?? { name, value, where: [] };
      if (withoutPaths(one.value) !== withoutPaths(value)) {
        throw new Error(`${name}: expected the same with ${JSON.stringify(COMPILED[i])}, or a condition`);
      }
      one.where.push(i);
      merged.set(name, one);
    }
  }
  return [...merged.values()];
}

/** Where Serverless would upload the code contains the time. */
const withoutPaths = (value: unknown) =>
  JSON.stringify(value).replaceAll(/"serverless\/[^"]*\/([\w-]+\.zip)"/g, '"$1"');

/** The code of a function from the release's own files. */
function withCode<T extends { Type: string; Properties?: Record<string, unknown> }>(resource: T): T {
  if (resource.Type !== 'AWS::Lambda::Function') return resource;
  const { Code: packaged } = resource.Properties ?? {};
  const { S3Key } = packaged as { S3Key: string };
  const zip = S3Key.slice(S3Key.lastIndexOf('/') + 1);
  const Code = { S3Bucket: { Ref: 'ArtifactBucket' }, S3Key: { 'Fn::Sub': `\${ArtifactPrefix}${zip}` } };
  return { ...resource, Properties: { ...resource.Properties, Code } };
}

/** Replaces the placeholders in a value by what they stand for. */
export function filledIn(value: unknown): unknown {
  if (value === LOG_RETENTION_DAYS) return expressionOf('logRetentionDays');
  if (typeof value === 'string') return filledText(value);
  if (Array.isArray(value)) return value.map(filledIn);
  if (typeof value !== 'object' || value === null) return value;
  const { 'Fn::Sub': sub, 'Fn::Split': split, ...others } = value as Record<string, unknown>;
  // CloudFormation fails if a part is not there, even in a branch that is not taken: an empty parameter has parts, too.
  if (Array.isArray(split)) {
    const [separator, text] = split as [string, string];
    return { 'Fn::Split': [separator, filledText(`${text}${separator.repeat(5)}`)] };
  }
  if (typeof sub === 'string' && Object.keys(others).length === 0) return { 'Fn::Sub': substitution(sub) };
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filledIn(one)]));
}

function filledText(text: string): unknown {
  const [whole, name] = [...text.matchAll(PLACEHOLDER)][0] ?? [];
  if (whole === text && name !== undefined) return expressionOf(name);
  if (text === PLACEHOLDER_REGION) return { Ref: 'AWS::Region' };
  return whole === undefined && !text.includes(PLACEHOLDER_REGION) ? text : { 'Fn::Sub': substitution(text) };
}

/** The argument of Fn::Sub for a text with placeholders, which may have references already. */
function substitution(text: string): unknown {
  const variables: Record<string, unknown> = {};
  const filled = text.replaceAll(PLACEHOLDER_REGION, `\${AWS::Region}`).replaceAll(PLACEHOLDER, (_, name: string) => {
    const expression = expressionOf(name);
    if (typeof expression === 'object' && 'Ref' in expression) return `\${${expression.Ref}}`;
    variables[name] = expression;
    return `\${${name}}`;
  });
  return Object.keys(variables).length === 0 ? filled : [filled, variables];
}
