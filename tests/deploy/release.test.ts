import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { compileRelease } from '../../deploy/release/compile.ts';
import { parameterName, templateParameters } from '../../deploy/release/parameters.ts';
import { type Sbom, shippedOnly } from '../../deploy/release/sbom.ts';
import { COMPILED, type ReleaseTemplate, releaseTemplate } from '../../deploy/release/template.ts';
import { ROOT } from '../support/cli.ts';
import { compileVariants, VARIANTS, type Variant } from './support/compile.ts';
import { ACCOUNT, REGION, resolveTemplate, type Stack, type StackResource, type Template } from './support/stack.ts';

let release: ReleaseTemplate;
let compiled: Map<Variant, Stack>;
beforeAll(async () => {
  [release, compiled] = await Promise.all([compileRelease('1.2.3'), compileVariants()]);
}, 180_000);

/** What the template takes for the parameters of Serverless. */
function valuesOf(params: Readonly<Record<string, string>>): Record<string, string> {
  const renamed = Object.entries(params).map(([name, value]) => [parameterName(name), value]);
  // The Region of that variant's topic is opted in to.
  const senders = params.topicArn?.includes(':af-south-1:') && 'sns.amazonaws.com,sns.af-south-1.amazonaws.com';
  return {
    Stage: 'dev',
    ArtifactBucket: 'our-artifacts',
    ...(senders && { TopicSenders: senders }),
    ...Object.fromEntries(renamed),
  };
}

/** Serverless's bucket for the code, and versions of functions that nothing uses. */
const OF_SERVERLESS = /^ServerlessDeploymentBucket|LambdaVersion/;

/** A resource in a form to compare: CloudFormation does not distinguish 90 from '90', or the order of dependencies. */
function comparable({ properties, dependsOn, ...resource }: StackResource): unknown {
  const { Code: _, ...others } = properties;
  const text = JSON.stringify(resource.type === 'AWS::Lambda::Function' ? others : properties);
  const asTexts = JSON.parse(text, (_, value) => (typeof value === 'number' ? String(value) : value));
  return { ...resource, properties: asTexts, dependsOn: dependsOn.filter((id) => !OF_SERVERLESS.test(id)).sort() };
}

const byId = (stack: Stack) =>
  Object.fromEntries(
    stack.resources.filter(({ id }) => !OF_SERVERLESS.test(id)).map((resource) => [resource.id, comparable(resource)]),
  );

describe('the template of a release', () => {
  test.each(Object.keys(VARIANTS) as Variant[])('makes the same resources as Serverless for %s', (variant) => {
    const stack = resolveTemplate(release as Template, valuesOf(VARIANTS[variant]));
    expect(byId(stack)).toEqual(byId(compiled.get(variant)!));
  });

  test('takes the code from the files of the release', () => {
    const stack = resolveTemplate(release as Template, valuesOf({ export: 'daily' }));
    const code = stack.ofType('AWS::Lambda::Function').map(({ properties }) => properties.Code);
    expect(code).toEqual(
      ['ingest', 'query', 'verify', 'alert', 'export'].map((name) => ({
        S3Bucket: 'our-artifacts',
        S3Key: `mwaa-trail/1.2.3/${name}.zip`,
      })),
    );
  });

  test('refers to nothing that is only here', () => {
    const text = JSON.stringify(release);
    expect(text.match(/Xx\w+xX|"serverless|sls-|ap-southeast-4/gi)).toBeNull();
    expect([ACCOUNT, REGION].filter((name) => text.includes(name))).toEqual([]);
  });

  test('is within the limits of CloudFormation', () => {
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    expect(Buffer.byteLength(JSON.stringify(release))).toBeLessThan(1_000_000);
    expect(Object.keys(release.Resources).length).toBeLessThanOrEqual(500);
    expect(Object.keys(release.Parameters).length).toBeLessThanOrEqual(200);
    for (const { Description } of Object.values(release.Parameters)) expect(Description.length).toBeLessThan(4_000);
    const ids = [...Object.keys(release.Parameters), ...Object.keys(release.Resources)];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has a use for each parameter and each condition', () => {
    const { Parameters, Conditions, ...rest } = release;
    const text = JSON.stringify([Conditions, rest]);
    const unused = Object.keys(Parameters).filter(
      (name) => !text.includes(`"Ref":"${name}"`) && !text.includes(`\${${name}}`),
    );
    expect(unused).toEqual([]);
    const conditions = Object.keys(Conditions!).filter(
      (name) => !text.includes(`"Condition":"${name}"`) && !text.includes(`"Fn::If":["${name}"`),
    );
    expect(conditions).toEqual([]);
  });
});

describe('parameters', () => {
  const yaml = readFileSync(join(ROOT, 'deploy', 'parameters.yml'), 'utf8');
  const parameters = templateParameters(yaml, 'prefix/');

  test('default to values that they accept', () => {
    for (const { Default, AllowedPattern, AllowedValues } of Object.values(parameters)) {
      if (Default === undefined) continue;
      if (AllowedPattern !== undefined) expect(Default).toMatch(new RegExp(`^(?:${AllowedPattern})$`));
      if (AllowedValues !== undefined) expect(AllowedValues).toContain(Default);
    }
  });

  test('are described in their own names', () => {
    expect(parameters.AllowedLogBuckets).toMatchObject({
      Description: expect.stringMatching(/comma-separated.*can read only LogBucketName and MoreLogBuckets\./),
      Default: '',
    });
    expect(parameters.LogRetentionDays).toMatchObject({
      Default: '90',
      AllowedValues: expect.arrayContaining(['365']),
    });
    expect(() => templateParameters('default:\n  source: bucket\n', '')).toThrow('expected a comment above source');
  });
});

describe('merging', () => {
  const queue = (QueueName: string) => ({
    Resources: { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName } } },
  });

  test('refuses what no condition expresses', () => {
    expect(() => releaseTemplate([queue('a'), queue('a'), queue('b')], {})).toThrow(
      `Queue: expected the same with ${JSON.stringify(COMPILED[2])}, or a condition`,
    );
  });

  test.each([
    [[0], 'MakesTrail'],
    [[1], 'AttachesToBucket'],
    [[2, 3], 'AttachesToTopic'],
    [[0, 2], 'HasVerification'],
    [[0, 1], 'HasAlerts'],
    [[1, 2], 'HasLive'],
    [[3], 'HasExport'],
    [[0, 1, 2, 3], undefined],
  ])('of what %j have makes the condition %s', (where, Condition) => {
    const parts = COMPILED.map((_, i) => (where.includes(i) ? queue('a') : { Resources: {} }));
    expect(releaseTemplate(parts, {}).Resources.Queue).toEqual({
      ...queue('a').Resources.Queue,
      ...(Condition && { Condition }),
    });
  });
});

test('the bill of materials has what is shipped, and no tool', () => {
  const component = (name: string, scope: string) => ({
    ...{ 'bom-ref': `${name}@1.0.0`, name, version: '1.0.0', scope },
    properties: [{ name: 'cdx:npm:package:development', value: 'true' }],
  });
  const sbom: Sbom = {
    metadata: { component: component('folder', 'required'), timestamp: 'now' },
    components: [component('zod', 'optional'), component('jest', 'optional'), component('classic-level', 'required')],
    dependencies: [
      { ref: 'folder@1.0.0', dependsOn: ['zod@1.0.0', 'jest@1.0.0', 'classic-level@1.0.0'] },
      { ref: 'jest@1.0.0', dependsOn: ['zod@1.0.0'] },
    ],
  };
  const shipped = shippedOnly(sbom, 'mwaa-trail', new Set(['zod@1.0.0', 'classic-level@1.0.0']));
  expect(shipped.metadata.component.name).toBe('mwaa-trail');
  expect(shipped.components).toEqual([
    { ...component('zod', 'required'), properties: [] },
    { ...component('classic-level', 'required'), properties: [] },
  ]);
  expect(shipped.dependencies).toEqual([{ ref: 'folder@1.0.0', dependsOn: ['zod@1.0.0', 'classic-level@1.0.0'] }]);
});

describe('what wraps the template', () => {
  const read = (...path: string[]) => readFileSync(join(ROOT, 'deploy', ...path), 'utf8');

  test('the Terraform module sets parameters and reads outputs that the template has, and no others that have no default', () => {
    const main = read('terraform', 'main.tf');
    const [, set = ''] = /merge\(var\.parameters, \{([^}]*)\}/.exec(main) ?? [];
    const names = [...set.matchAll(/^\s*(\w+)\s*=/gm)].map(([, name]) => name!);
    const required = Object.entries(release.Parameters).filter(([, { Default }]) => Default === undefined);
    expect(names).toEqual(expect.arrayContaining(required.map(([name]) => name)));
    expect(names.filter((name) => !(name in release.Parameters))).toEqual([]);
    const outputs = [...read('terraform', 'outputs.tf').matchAll(/outputs\["(\w+)"\]/g)].map(([, name]) => name!);
    expect(outputs.filter((name) => !(name in release.Outputs!))).toEqual([]);
    expect(release.Parameters.Stage!.AllowedPattern).toBe(
      /regex\("([^"]*)"/.exec(read('terraform', 'variables.tf'))![1],
    );
  });

  test('every function has its zip file in the module and in the construct', () => {
    const functions = Object.entries(release.Resources).filter(([, { Type }]) => Type === 'AWS::Lambda::Function');
    const construct = read('cdk', 'mwaa-trail.ts');
    for (const [id, { Properties }] of functions) {
      const name = /(\w+)\.zip/.exec(JSON.stringify(Properties!.Code))![1];
      expect(read('terraform', 'main.tf')).toContain(`"${name}"`);
      expect(construct).toContain(`${name}: '${id}'`);
      expect(readFileSync(join(ROOT, '.ci', 'release'), 'utf8')).toMatch(
        new RegExp(`for name in [\\w ]*\\b${name}\\b`),
      );
    }
    expect(construct.match(/LambdaFunction'/g)).toHaveLength(functions.length);
  });
});
