/**
 * The `params` of serverless.yml: deploy/parameters.yml, overridden for the stage by stages.yml. Throws for a misspelled name, a
 * missing bucket or an invalid value, also in --param. Serverless would otherwise use the defaults.
 */
const readParameters = async ({ options, resolveVariable }) => {
  const stage = await resolveVariable('sls:stage');
  const { default: defaults, ...groups } = await resolveVariable('file(./deploy/parameters.yml)');
  const stages = (await resolveVariable('file(./stages.yml), null')) ?? {};
  const ofStage = { ...groups[stage], ...mapOf(stages[stage], `stages.yml: ${stage}`) };
  const typed = Object.fromEntries((options.param ?? []).map(split));

  const given = { ...ofStage, ...typed };
  const unknown = Object.keys(given).filter((name) => !(name in defaults));
  const problems = [
    ...unknown.map((name) => `${name} is not a parameter: expected one of ${Object.keys(defaults).join(', ')}`),
    ...problemsOf({ ...defaults, ...given }, given, stage),
  ];
  if (problems.length > 0) throw new Error(`parameters of stage ${stage}: ${problems.join('; ')}`);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Serverless.
  const logBuckets = defaults.allowedLogBuckets || '${param:logBucket}';
  const region = await resolveVariable('self:provider.region');
  const topic = topicParameters({ ...defaults, ...given }.topicArn, region);
  return { default: { ...defaults, allowedLogBuckets: logBuckets, ...topic }, [stage]: ofStage };
};

/** Regions from before March 2019, which are enabled in every account. All others, except China and GovCloud, are opt-in Regions. */
const DEFAULT_REGIONS =
  /^((us|eu)-west-[12]|us-east-[12]|eu-west-3|eu-central-1|eu-north-1|ca-central-1|sa-east-1|ap-south-1|ap-northeast-[12]|ap-southeast-[12]|(cn|us-gov)-.*)$/;

/**
 * Returns the Region of the topic, and the service principals as which SNS sends. Between two Regions, that is the one of the
 * opt-in Region. SNS counts ap-northeast-3 among those.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
 */
function topicParameters(topicArn, region) {
  const topicRegion = String(topicArn || '').split(':')[3] ?? region;
  const optedIn = topicRegion === region ? [] : [topicRegion, region].filter((one) => !DEFAULT_REGIONS.test(one));
  return { topicRegion, topicSenders: ['sns.amazonaws.com', ...optedIn.map((one) => `sns.${one}.amazonaws.com`)] };
}

function split(param) {
  const equals = param.indexOf('=');
  return [param.slice(0, equals), param.slice(equals + 1)];
}

function mapOf(value, place) {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  throw new Error(`${place}: expected a map of parameters`);
}

const NUMBER = /^[1-9]\d*$/;
const KEY = /^(arn:[\w-]+:kms:[\w-]+:\d{12}:key\/.+)?$/;
const CONCURRENCY = [/^(none|[1-9]\d*)$/, 'none or a number'];
const DAYS = [/^([1-9]\d*)?$/, 'a number of days, or nothing'];
const COUNT = [NUMBER, 'a number'];
const KEY_ARN = [KEY, 'the ARN of a KMS key (not of an alias), or nothing'];

/** The pattern of each parameter's value, and what the error says is expected. */
const VALUES = {
  source: [/^(new-trail|bucket|topic)$/, 'new-trail, bucket or topic'],
  notify: [/^(queue|function)$/, 'queue or function'],
  verify: [/^(on|off)$/, 'on or off'],
  alerts: [/^(on|off)$/, 'on or off'],
  alertLevel: [/^(informational|low|medium|high|critical)$/, 'informational, low, medium, high or critical'],
  topicArn: [/^(arn:[\w-]+:sns:[\w-]+:\d{12}:.+)?$/, 'the ARN of an SNS topic, or nothing'],
  kmsKeyArn: KEY_ARN,
  tableKmsKeyArn: KEY_ARN,
  keyPrefix: [/^(.*\/)?AWSLogs\/$/, 'AWSLogs/ or PREFIX/AWSLogs/'],
  retentionDays: DAYS,
  logFileDays: DAYS,
  // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
  logRetentionDays: [
    /^(1|3|5|7|14|30|60|90|120|150|180|365|400|545|731|1096|1827|2192|2557|2922|3288|3653)$/,
    'a number of days that CloudWatch has, such as 30, 90 or 365',
  ],
  quarantineDays: COUNT,
  objectLockDays: DAYS,
  objectLockMode: [/^(GOVERNANCE|COMPLIANCE)$/, 'GOVERNANCE or COMPLIANCE'],
  maxReadUnits: COUNT,
  maxWriteUnits: COUNT,
  verifyGraceHours: [/^[1-9]\d{0,2}$/, 'a number from 1 to 999'],
  silentHours: [/^([1-9]|1\d|2[0-4])$/, 'a number from 1 to 24'],
  verifySince: [/^(\d{4}-\d{2}-\d{2}.*)?$/, 'a day such as 2026-11-01, or nothing'],
  queryConcurrency: CONCURRENCY,
  ingestConcurrency: CONCURRENCY,
  verifyConcurrency: CONCURRENCY,
};

/** Bucket names have at most 63 characters, and the default names contain the account, Region and stage. */
const STAGE = /^[a-z0-9][a-z0-9-]{0,12}$/;

function problemsOf(values, given, stage) {
  const problems = Object.entries(VALUES)
    .filter(([name, [pattern]]) => !pattern.test(String(values[name] ?? '')))
    .map(([name, [, expected]]) => `${name}: expected ${expected}`);
  const attaches = values.source === 'bucket' || values.source === 'topic';
  if (attaches && !given.logBucket) problems.push(`source=${values.source} needs logBucket, the bucket of the trail`);
  if (values.source === 'topic' && !values.topicArn) problems.push('source=topic needs topicArn');
  if (values.source === 'new-trail' && values.keyPrefix !== 'AWSLogs/') {
    problems.push('keyPrefix: a new trail writes to AWSLogs/');
  }
  for (const name of ['logFileDays', 'quarantineDays']) {
    if (values[name] && values.objectLockDays && Number(values[name]) < Number(values.objectLockDays)) {
      problems.push(`${name}: expected at least objectLockDays, which keeps objects for longer`);
    }
  }
  if (typeof values.tags !== 'object' || values.tags === null) problems.push('tags: expected a map, in stages.yml');
  if (!STAGE.test(stage) && !(given.quarantineBucket && given.logBucket)) {
    problems.push(
      'the stage names buckets: expected at most 13 lower-case letters, digits and hyphens, or logBucket and quarantineBucket',
    );
  }
  return problems;
}

module.exports = Object.assign(readParameters, { VALUES, STAGE });
