import { createRequire } from 'node:module';
import { isMap, isPair, isScalar, parseDocument, type Scalar } from 'yaml';

const require = createRequire(import.meta.url);
const { NUMBERS } = require('../more-topics.cjs') as { NUMBERS: readonly number[] };
const { VALUES, STAGE } = require('../parameters.cjs') as {
  VALUES: Readonly<Record<string, readonly [RegExp, string]>>;
  STAGE: RegExp;
};

/** A parameter of a CloudFormation template. */
export interface TemplateParameter {
  Type: 'String' | 'CommaDelimitedList';
  Description: string;
  Default?: string;
  AllowedValues?: readonly string[];
  AllowedPattern?: string;
  ConstraintDescription?: string;
}

/** A part of a template: a value, or a function such as `{ Ref: ... }`. */
export type Expression = string | { readonly [name: string]: unknown };
type Expressions = Readonly<Record<string, Expression | readonly Expression[]>>;

/** Names that a resource of the stack has already. */
const RENAMED: Readonly<Record<string, string>> = {
  logBucket: 'LogBucketName',
  quarantineBucket: 'QuarantineBucketName',
  exportBucket: 'ExportBucketName',
  alarmEmail: 'AlarmEmailAddress',
};

/** `retentionDays` is `RetentionDays`. */
export const parameterName = (name: string) => RENAMED[name] ?? name.charAt(0).toUpperCase() + name.slice(1);

/**
 * What stands for a parameter of deploy/parameters.yml while Serverless compiles the template. `stage` is one of them here. Only
 * letters and digits, so that it can stand in the name of a file and of a stage.
 */
export const placeholderOf = (name: string) => `Xx${name}xX`;
export const PLACEHOLDER = /Xx([a-zA-Z\d]+)xX/g;
/** Serverless accepts only the numbers of days that CloudWatch has: one that nobody else uses. */
export const LOG_RETENTION_DAYS = 3653;
/** Where nothing is deployed: what contains it refers to the Region. */
export const PLACEHOLDER_REGION = 'ap-southeast-4';

/** Parameters without which Serverless would ask for something else, and those that only it has. */
const OTHERS: Readonly<Record<string, TemplateParameter>> = {
  Stage: {
    Type: 'String',
    Description:
      'The names of all resources contain it. Call the stack mwaa-trail-STAGE: the program finds it by this name.',
    AllowedPattern: STAGE.source,
    ConstraintDescription: 'at most 13 lower-case letters, digits and hyphens',
  },
  ArtifactBucket: {
    Type: 'String',
    Description: "The bucket, in the stack's Region, to which the zip files of the release are uploaded.",
    AllowedPattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
  },
  TopicSenders: {
    Type: 'CommaDelimitedList',
    Description:
      'The service principals as which SNS sends. If topic and stack are in different Regions and one of them is opted in to: ' +
      'sns.amazonaws.com,sns.REGION.amazonaws.com with the one that is.',
    Default: 'sns.amazonaws.com',
  },
};

/** @param prefix of the keys of the zip files, which differs from release to release: else Lambda would keep its code */
const artifactPrefix = (prefix: string): TemplateParameter => ({
  Type: 'String',
  Description: 'What precedes the names of the zip files in ArtifactBucket.',
  Default: prefix,
});

/**
 * The parameters of deploy/parameters.yml as those of a template: its comments describe them, and parameters.cjs checks the
 * same values. The tags are those of the stack itself.
 * @param yaml deploy/parameters.yml
 * @throws {Error} if a parameter has no comment
 */
export function templateParameters(yaml: string, prefix: string): Record<string, TemplateParameter> {
  const defaults = parseDocument(yaml, { logLevel: 'error' }).get('default');
  if (!isMap(defaults)) throw new Error('deploy/parameters.yml: expected a map named default');
  const names = defaults.items.map(({ key }) => String(key));
  const described = defaults.items.flatMap((pair, i) => {
    const { key, value } = pair;
    if (!isPair(pair) || !isScalar(key) || !isScalar(value)) return [];
    // The comment above the first stands above the map.
    const comment = ((key as Scalar).commentBefore ?? (i === 0 ? defaults.commentBefore : undefined)) as
      | string
      | undefined;
    const name = String(key.value);
    if (!comment) throw new Error(`deploy/parameters.yml: expected a comment above ${name}`);
    // A function, such as !Sub, is the default of a name that the template makes itself.
    const usual = value.tag?.startsWith('!') ? '' : String(value.value);
    return [
      [
        parameterName(name),
        {
          Type: name in LISTS ? 'CommaDelimitedList' : 'String',
          Description: describe(comment, names),
          Default: usual,
          ...constraintOf(name),
        },
      ] as const,
    ];
  });
  const { Stage, ArtifactBucket, TopicSenders } = OTHERS as Required<typeof OTHERS>;
  return {
    Stage,
    ArtifactBucket,
    ArtifactPrefix: artifactPrefix(prefix),
    ...Object.fromEntries(described),
    TopicSenders,
  } as Record<string, TemplateParameter>;
}

/** A comment that names parameters, as a text that names those of the template. */
const describe = (comment: string, names: readonly string[]) =>
  comment
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(/\b[a-z]+[A-Z]\w*/g, (word) => (names.includes(word) ? parameterName(word) : word));

function constraintOf(
  name: string,
): Pick<TemplateParameter, 'AllowedValues' | 'AllowedPattern' | 'ConstraintDescription'> {
  if (name in LISTS) return LISTS[name] ?? {};
  const [pattern, expected] = VALUES[name] ?? [];
  if (pattern === undefined || expected === undefined) return {};
  const [, words] = /^\^\(([\w|-]+)\)\$$/.exec(pattern.source) ?? [];
  if (words !== undefined) return { AllowedValues: words.split('|') };
  return { AllowedPattern: pattern.source.replaceAll('\\/', '/'), ConstraintDescription: expected };
}

const ref = (name: string) => ({ Ref: parameterName(name) });
/** A value, or another one if it is empty. */
const orElse = (condition: string, name: string, otherwise: Expression) => ({
  'Fn::If': [condition, ref(name), otherwise],
});
const bucketName = (what: string) => ({ 'Fn::Sub': `mwaa-trail-\${Stage}-${what}-\${AWS::AccountId}-\${AWS::Region}` });

const LOG_BUCKET = orElse('NamesLogBucket', 'logBucket', bucketName('logs'));

/** Parameters that are lists: what a value of each looks like. CloudFormation trims their values. */
const LISTS: Readonly<Record<string, Pick<TemplateParameter, 'AllowedPattern'>>> = {
  eventSources: {},
  liveAccounts: { AllowedPattern: '^(\\d{12})?$' },
  readerAccounts: { AllowedPattern: '^(\\d{12})?$' },
  moreKmsKeyArns: { AllowedPattern: '^(arn:[\\w-]+:kms:[\\w-]+:\\d{12}:key/.+)?$' },
};
const joined = (name: string) => ({ 'Fn::Join': [',', ref(name)] });
const THIS_ACCOUNT = { Ref: 'AWS::AccountId' };

/** One part of a text. CloudFormation fails if it is not there, so the text gets more separators than parts. */
const part = (separator: string, n: number, text: Expression): Expression => ({
  'Fn::Select': [n, { 'Fn::Split': [separator, { 'Fn::Join': ['', [text, separator.repeat(5)]] }] }],
});
/** The entry with this number, from 1 on, of a parameter with entries; empty if there is none. */
const entryOf = (name: string, n: number) => part(',', n - 1, ref(name));
/** A list of what is made from each entry. */
const eachEntry = (condition: string, name: string, make: (entry: Expression) => Expression) =>
  NUMBERS.map((n) => ({ 'Fn::If': [`${condition}${n}`, make(entryOf(name, n)), { Ref: 'AWS::NoValue' }] }));
const eachBucket = (make: (location: Expression) => Expression) =>
  eachEntry('HasMoreLogBucket', 'moreLogBuckets', (entry) => make(part('@', 0, entry)));
const eachTopic = (make: (arn: Expression) => Expression) => eachEntry('HasMoreTopic', 'moreTopicArns', make);
const nameIn = (location: Expression) => part('/', 0, location);
const inS3 = (path: Expression, rest = '') => ({
  'Fn::Sub': [`arn:\${AWS::Partition}:s3:::\${path}${rest}`, { path }],
});
const numbered = (name: string, make: (n: number) => Expression) =>
  Object.fromEntries(NUMBERS.map((n) => [`${name}${n}`, make(n)]));

/** What parameters.cjs derives from parameters. */
const DERIVED: Expressions = {
  moreBucketNames: eachBucket(nameIn),
  moreBucketArns: eachBucket((location) => inS3(nameIn(location))),
  moreLogFileArns: eachBucket((location) => inS3(location, '/AWSLogs/*/CloudTrail/*.json.gz')),
  moreDigestArns: eachBucket((location) => inS3(location, '/AWSLogs/*/CloudTrail-Digest/*.json.gz')),
  moreKmsKeys: ref('moreKmsKeyArns'),
  moreTopics: eachTopic((arn) => arn),
  moreTopicAccounts: eachTopic((arn) => part(':', 4, arn)),
  ...numbered('moreTopicArn', (n) => entryOf('moreTopicArns', n)),
  ...numbered('moreTopicRegion', (n) => part(':', 3, entryOf('moreTopicArns', n))),
  topicRegion: part(':', 3, ref('topicArn')),
  topicSenders: ref('topicSenders'),
  readerPrincipals: ref('readerAccounts'),
  eventSourceList: ref('eventSources'),
  liveForwarders: ref('liveAccounts'),
  liveAccountList: {
    'Fn::If': [
      'HasLiveAccounts',
      { 'Fn::Split': [',', { 'Fn::Join': [',', [THIS_ACCOUNT, joined('liveAccounts')]] }] },
      [THIS_ACCOUNT],
    ],
  },
  liveRuleState: { 'Fn::If': ['ReadsAllLive', 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS', 'ENABLED'] },
};
export const DERIVED_PARAMETERS = Object.keys(DERIVED);

/** What replaces a placeholder, if not a reference to the parameter. */
const EXPRESSIONS: Expressions = {
  ...DERIVED,
  ...Object.fromEntries(Object.keys(LISTS).map((name) => [name, joined(name)])),
  logBucket: LOG_BUCKET,
  quarantineBucket: orElse('NamesQuarantineBucket', 'quarantineBucket', bucketName('quarantine')),
  allowedLogBuckets: orElse('NamesAllowedLogBuckets', 'allowedLogBuckets', LOG_BUCKET),
};

export const expressionOf = (name: string): Expression | readonly Expression[] => EXPRESSIONS[name] ?? ref(name);

const isFilled = (text: Expression) => ({ 'Fn::Not': [{ 'Fn::Equals': [text, ''] }] });
const isSet = (name: string) => isFilled(ref(name));

/** The conditions of `EXPRESSIONS`. */
export const NAMING_CONDITIONS = {
  NamesLogBucket: isSet('logBucket'),
  NamesQuarantineBucket: isSet('quarantineBucket'),
  NamesAllowedLogBuckets: isSet('allowedLogBuckets'),
  ...numbered('HasMoreLogBucket', (n) => isFilled(entryOf('moreLogBuckets', n))),
};

const isSource = (value: string) => ({ 'Fn::Equals': [ref('source'), value] });

/** What deploy/parameters.cjs checks of several parameters together. */
export const RULES = {
  AnExistingTrailHasABucket: {
    RuleCondition: { 'Fn::Not': [isSource('new-trail')] },
    Assertions: [{ Assert: isSet('logBucket'), AssertDescription: 'Source bucket and topic need LogBucketName' }],
  },
  ATopicHasAnArn: {
    RuleCondition: isSource('topic'),
    Assertions: [{ Assert: isSet('topicArn'), AssertDescription: 'Source topic needs TopicArn' }],
  },
  ATrailThatExistsRecordsWhatItRecords: {
    RuleCondition: { 'Fn::Not': [isSource('new-trail')] },
    Assertions: [
      {
        Assert: { 'Fn::Equals': [ref('managementEvents'), 'true'] },
        AssertDescription: 'ManagementEvents is for a new trail',
      },
    ],
  },
  ADigestNeedsAlerts: {
    RuleCondition: { 'Fn::Equals': [ref('alerts'), 'off'] },
    Assertions: [
      { Assert: { 'Fn::Equals': [ref('digest'), 'off'] }, AssertDescription: 'Digest needs Alerts to be on' },
    ],
  },
  ANewTrailHasNoPrefix: {
    RuleCondition: isSource('new-trail'),
    Assertions: [
      { Assert: { 'Fn::Equals': [ref('keyPrefix'), 'AWSLogs/'] }, AssertDescription: 'A new trail writes to AWSLogs/' },
    ],
  },
};
