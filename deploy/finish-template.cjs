/**
 * Serverless Framework plugin that finishes the compiled template. All parameters are known, so it evaluates the conditions and
 * removes the other branches (with an empty ARN, for example). It also sets the service's tags on every resource that can have tags.
 */
class FinishTemplate {
  constructor(serverless) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { provider } = serverless.service;
        decideConditions(provider.compiledCloudFormationTemplate);
        tagResources(provider.compiledCloudFormationTemplate.Resources, provider.tags ?? {});
      },
    };
  }
}

/** The same for a template with parameters (deploy/release): CloudFormation evaluates its conditions. */
class TagTemplate {
  constructor(serverless) {
    this.hooks = {
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { provider } = serverless.service;
        tagResources(provider.compiledCloudFormationTemplate.Resources, provider.tags ?? {});
      },
    };
  }
}

/** Replaces each `Fn::If` by its branch, and removes resources and outputs whose condition is false, and the conditions themselves. */
function decideConditions(template) {
  const conditions = template.Conditions ?? {};
  const isTrue = (name) => {
    if (!(name in conditions)) throw new Error(`template: no condition ${name}`);
    return decide(conditions[name], isTrue);
  };
  for (const section of [template.Resources, template.Outputs ?? {}]) {
    for (const [id, { Condition, ...entry }] of Object.entries(section)) {
      if (Condition === undefined || isTrue(Condition)) section[id] = taken(entry, isTrue);
      else delete section[id];
    }
  }
  delete template.Conditions;
}

function decide(expression, isTrue) {
  const [[name, value]] = Object.entries(expression);
  if (name === 'Condition') return isTrue(value);
  if (name === 'Fn::Not') return !decide(value[0], isTrue);
  if (name === 'Fn::And') return value.every((one) => decide(one, isTrue));
  if (name === 'Fn::Or') return value.some((one) => decide(one, isTrue));
  if (name === 'Fn::Equals' && value.every((side) => typeof side !== 'object')) {
    return String(value[0]) === String(value[1]);
  }
  throw new Error(`template: expected a condition on parameters, not ${JSON.stringify(expression)}`);
}

/** Returns the value with each `Fn::If` replaced; undefined for AWS::NoValue. */
function taken(value, isTrue) {
  if (Array.isArray(value)) return value.map((one) => taken(one, isTrue)).filter((one) => one !== undefined);
  if (typeof value !== 'object' || value === null) return value;
  if (value.Ref === 'AWS::NoValue') return undefined;
  if ('Fn::If' in value) {
    const [name, yes, no] = value['Fn::If'];
    return taken(isTrue(name) ? yes : no, isTrue);
  }
  const members = Object.entries(value).map(([name, one]) => [name, taken(one, isTrue)]);
  return Object.fromEntries(members.filter(([, one]) => one !== undefined));
}

/** Types whose `Tags` are a list of Key and Value; a test compares this with AWS's schema. Serverless tags the API itself. */
const TAGGED = new Set([
  'AWS::CloudTrail::Trail',
  'AWS::CloudWatch::Alarm',
  'AWS::CloudWatch::Dashboard',
  'AWS::DynamoDB::Table',
  'AWS::Events::EventBus',
  'AWS::Events::Rule',
  'AWS::IAM::Role',
  'AWS::KMS::Key',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::S3::Bucket',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
]);

/** A resource's own tags take precedence. */
function tagResources(resources, tags) {
  for (const resource of Object.values(resources)) {
    if (!TAGGED.has(resource.Type)) continue;
    const own = resource.Properties?.Tags ?? [];
    const missing = Object.entries(tags).filter(([key]) => !own.some(({ Key }) => Key === key));
    const all = [...own, ...missing.map(([Key, Value]) => ({ Key, Value: String(Value) }))];
    if (all.length > 0) resource.Properties = { ...resource.Properties, Tags: all };
  }
}

module.exports = Object.assign(FinishTemplate, { decideConditions, TagTemplate });
