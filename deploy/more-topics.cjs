/** The numbers of the entries of moreTopicArns, and of moreLogBuckets: a template of CloudFormation cannot repeat what it has. */
const NUMBERS = [1, 2, 3, 4, 5];

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables of Serverless.
const FILTER = '${file(./deploy/topic.yml):Resources.LogFileSubscription.Properties.FilterPolicy}';

/** The subscriptions to the topics that moreTopicArns names, each as that of deploy/topic.yml. */
const moreTopics = () => ({
  Conditions: Object.fromEntries(
    NUMBERS.flatMap((n) => [
      [`HasMoreTopic${n}`, isNot(`\${param:moreTopicArn${n}}`, '')],
      [`MoreTopic${n}IsElsewhere`, isNot(`\${param:moreTopicRegion${n}}`, '${self:provider.region}')],
    ]),
  ),
  Resources: Object.fromEntries(NUMBERS.map((n) => [`MoreLogFileSubscription${n}`, subscription(n)])),
});

const isNot = (a, b) => ({ 'Fn::Not': [{ 'Fn::Equals': [a, b] }] });
const NOTHING = { Ref: 'AWS::NoValue' };

const subscription = (n) => ({
  Type: 'AWS::SNS::Subscription',
  Condition: `HasMoreTopic${n}`,
  DependsOn: ['IngestQueuePolicy', 'IngestSourcePolicy'],
  Properties: {
    TopicArn: `\${param:moreTopicArn${n}}`,
    Protocol: 'sqs',
    Endpoint: { 'Fn::GetAtt': ['IngestQueue', 'Arn'] },
    Region: { 'Fn::If': [`MoreTopic${n}IsElsewhere`, `\${param:moreTopicRegion${n}}`, NOTHING] },
    RedrivePolicy: {
      'Fn::If': [
        `MoreTopic${n}IsElsewhere`,
        NOTHING,
        { deadLetterTargetArn: { 'Fn::GetAtt': ['IngestDeadLetterQueue', 'Arn'] } },
      ],
    },
    FilterPolicyScope: 'MessageBody',
    FilterPolicy: FILTER,
  },
});
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables of Serverless.

module.exports = Object.assign(moreTopics, { NUMBERS });
