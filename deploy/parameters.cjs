/**
 * The `params` of serverless.yml: deploy/parameters.yml, overridden for the stage by stages.yml. Throws for a misspelled name, a
 * missing bucket or an invalid value, also in --param. Serverless would otherwise use the defaults.
 */
async function parameters({ options, resolveVariable }) {
  const stage = await resolveVariable('sls:stage');
  const { default: defaults, ...groups } = await resolveVariable('file(./deploy/parameters.yml)');
  const stages = (await resolveVariable('file(./stages.yml), null')) ?? {};
  const ofStage = { ...groups[stage], ...mapOf(stages[stage], `stages.yml: ${stage}`) };
  const typed = typedParameters(options.param);

  const given = { ...ofStage, ...typed };
  const region = await resolveVariable('self:provider.region');
  const unknown = Object.keys(given).filter((name) => !(name in defaults));
  const problems = [
    ...unknown.map((name) => `${name} is not a parameter: expected one of ${Object.keys(defaults).join(', ')}`),
    ...problemsOf({ ...defaults, ...given }, given, stage, region),
  ];
  if (problems.length > 0) throw new Error(`parameters of stage ${stage}: ${problems.join('; ')}`);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of Serverless.
  const logBuckets = defaults.allowedLogBuckets || '${param:logBucket}';
  const topic = topicParameters({ ...defaults, ...given }.topicArn, region);
  const values = { ...defaults, ...given };
  const exportFile = values.export === 'off' ? 'off' : 'on';
  const derived = { ...topic, ...liveParameters(values), exportFile, readerPrincipals: listOf(values.readerAccounts) };
  return { default: { ...defaults, allowedLogBuckets: logBuckets, ...derived }, [stage]: ofStage };
}

/** Returns what the rules on live events are made from. */
function liveParameters({ live, liveAccounts, eventSources }) {
  const others = listOf(liveAccounts);
  return {
    liveFile: live === 'off' ? 'off' : 'on',
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
    liveRuleState: live === 'all' ? 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' : 'ENABLED',
    liveAccountList: [{ Ref: 'AWS::AccountId' }, ...others],
    liveForwarders: others,
    eventSourceList: listOf(eventSources),
  };
}

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

/** Serverless has null if there are none. */
function typedParameters(params) {
  const split = (param) => [param.slice(0, param.indexOf('=')), param.slice(param.indexOf('=') + 1)];
  return Object.fromEntries((params ?? []).map(split));
}

const namesBucket = (buckets, name) => listOf(buckets).some((one) => one.replace(/@.*/, '') === name);

function mapOf(value, place) {
  if (value === undefined || value === null) return {};
  if (typeof value === 'object' && !Array.isArray(value)) return value;
  throw new Error(`${place}: expected a map of parameters`);
}

const listOf = (text) =>
  String(text)
    .split(',')
    .flatMap((one) => one.trim() || []);

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
  managementEvents: [/^(true|false)$/, 'true or false'],
  verify: [/^(on|off)$/, 'on or off'],
  alerts: [/^(on|off)$/, 'on or off'],
  live: [/^(off|on|all)$/, 'off, on or all'],
  liveAccounts: [/^(\d{12}(\s*,\s*\d{12})*)?$/, 'a comma-separated list of 12-digit accounts, or nothing'],
  alertLevel: [/^(informational|low|medium|high|critical)$/, 'informational, low, medium, high or critical'],
  digest: [/^(off|daily|weekly)$/, 'off, daily or weekly'],
  export: [/^(off|daily)$/, 'off or daily'],
  exportBucket: [/^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$/, 'the name of a bucket, or nothing'],
  exportFormat: [/^(parquet|ndjson)$/, 'parquet or ndjson'],
  exportSchema: [/^(native|ocsf)$/, 'native or ocsf'],
  topicArn: [/^(arn:[\w-]+:sns:[\w-]+:\d{12}:.+)?$/, 'the ARN of an SNS topic, or nothing'],
  kmsKeyArn: KEY_ARN,
  tableKmsKeyArn: KEY_ARN,
  readerAccounts: [/^(\s*\d{12}\s*(,\s*\d{12}\s*)*)?$/, 'account IDs of 12 digits, comma-separated, or nothing'],
  permissionsBoundary: [/^(arn:[\w-]+:iam::(\d{12}|aws):policy\/.+)?$/, 'the ARN of an IAM policy, or nothing'],
  rolePath: [/^\/(?:[!-.0-~]+\/)*$/, '/ or /PATH/'],
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

/** Role names have at most 64 characters. Those of the stack contain the Region and stage. */
const LONG_STAGE = /^[a-z0-9][a-z0-9-]{0,29}$/i;
/** Bucket names have at most 63 characters, and the default names contain the account, Region and stage. */
const STAGE = /^[a-z0-9][a-z0-9-]{0,12}$/;

function problemsOf(values, given, stage, region) {
  const problems = Object.entries(VALUES)
    .filter(([name, [pattern]]) => !pattern.test(String(values[name] ?? '')))
    .map(([name, [, expected]]) => `${name}: expected ${expected}`);
  const attaches = values.source === 'bucket' || values.source === 'topic';
  if (attaches && !given.logBucket) problems.push(`source=${values.source} needs logBucket, the bucket of the trail`);
  if (values.digest !== 'off' && values.alerts === 'off') problems.push('digest needs alerts=on');
  if (values.exportBucket && [values.logBucket, values.quarantineBucket].includes(values.exportBucket)) {
    problems.push('exportBucket: expected another bucket than logBucket and quarantineBucket');
  }
  if (values.source === 'topic' && !values.topicArn) problems.push('source=topic needs topicArn');
  if (values.source === 'new-trail' && values.keyPrefix !== 'AWSLogs/') {
    problems.push('keyPrefix: a new trail writes to AWSLogs/');
  }
  for (const name of ['logFileDays', 'quarantineDays']) {
    if (values[name] && values.objectLockDays && Number(values[name]) < Number(values.objectLockDays)) {
      problems.push(`${name}: expected at least objectLockDays, which keeps objects for longer`);
    }
  }
  if (attaches && String(values.managementEvents) === 'false') {
    problems.push('managementEvents: what an existing trail records is set there, not by this stack');
  }
  const isOfRegion = (arn) => String(arn || `:::${region}`).split(':')[3] === region;
  if (values.source === 'new-trail' && !isOfRegion(values.kmsKeyArn)) {
    problems.push(`kmsKeyArn: the key of a new trail must be in ${region}, as its bucket is`);
  }
  if (!isOfRegion(values.tableKmsKeyArn)) problems.push(`tableKmsKeyArn: expected a key in ${region}`);
  if (given.logBucket && given.allowedLogBuckets && !namesBucket(values.allowedLogBuckets, values.logBucket)) {
    problems.push(`allowedLogBuckets: expected ${values.logBucket} among them, or its log files are refused`);
  }
  if (typeof values.tags !== 'object' || values.tags === null) problems.push('tags: expected a map, in stages.yml');
  if (!STAGE.test(stage) && !(given.quarantineBucket && given.logBucket)) {
    problems.push(
      'the stage names buckets: expected at most 13 lower-case letters, digits and hyphens, or logBucket and quarantineBucket',
    );
  }
  if (!LONG_STAGE.test(stage)) problems.push('the stage names roles: expected at most 30 letters, digits and hyphens');
  return problems;
}

module.exports = Object.assign(parameters, { typedParameters, VALUES, STAGE });
