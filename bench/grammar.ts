/** The alphabets of random text. */
export const ALPHABETS = {
  digits: '0123456789',
  hex: '0123456789abcdef',
  upper: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567',
  base62: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
} as const;

/** A call of a service, by another one. */
const innerCall = (service: string, name: string, request: string, response = 'null', more = '') =>
  `{"eventVersion":"1.<minor>","userIdentity":<identity>,"eventTime":"<time>","eventSource":"${service}.amazonaws.com",` +
  `"eventName":"${name}","awsRegion":"us-east-1","sourceIPAddress":"<address>","userAgent":"<agent>",<failure>` +
  `"requestParameters":${request},"responseElements":${response},${more}"requestID":"<uuid>","eventID":"<uuid>",` +
  `<access>"eventType":"AwsApiCall",<kind>"recipientAccountId":"123456789012"<category>}`;

/** A call of a service, with TLS. */
const call = (service: string, ...rest: [name: string, request: string, response?: string, more?: string]) =>
  `${innerCall(service, ...rest).slice(0, -1)},"tlsDetails":{"tlsVersion":"TLSv1.<tls>",` +
  `"clientProvidedHostHeader":"${service}.us-east-1.amazonaws.com"}}`;

/**
 * What each symbol can become: choices with weights, which are whole numbers, or equal ones separated by `|`. In a choice,
 * `<symbol>` stands for what that becomes, `<Symbol>` for the same everywhere in the record, `<hex 16>` for random characters,
 * `<many 9 symbol>` for one to nine of it separated by commas, `<time>` for the time of the event.
 */
export const GRAMMAR: Readonly<Record<string, string | Readonly<Record<string, number>>>> = {
  mwaa: call(
    'airflow',
    '<mwaa-name>',
    '{"Name":"team-<digits 2>-airflow"}',
    '{"CliToken":"***","WebServerHostname":"<hex 8>.c2.us-east-1.airflow.amazonaws.com"}',
  )
    .replace('<identity>', '<assumed-role>')
    .replace('<failure>', '')
    .replace('<access>', '"readOnly":false,'),
  'mwaa-name': 'CreateCliToken|CreateWebLoginToken|GetEnvironment|UpdateEnvironment|InvokeRestApi',
  record: {
    [call('ec2', '<name>', '<ec2-request>', '<response>')]: 29,
    [call(
      'ssm',
      '<name>',
      '{"parameterFilters":[{"key":"Name","option":"Equals","values":["/<app>/<word>/<word>"]}],"withDecryption":true}',
      '{"version":<digits 1>,"tier":"Standard"}',
    )]: 16,
    [call('iam', '<name>', '<iam-request>', '<iam-response>')]: 12,
    [call('s3', 'GetBucket<noun>', '<s3-request>', 'null', '<s3-data><s3-resource>')]: 8,
    [call(
      'secretsmanager',
      '<name>',
      '{"secretId":"arn:aws:secretsmanager:us-east-1:123456789012:secret:<app>-<base62 6>"}',
    )]: 7,
    [innerCall('kms', '<kms-name>', '<kms-request>', 'null', '<kms-resource>')]: 8,
    [call('sts', 'AssumeRole', '<sts-request>', '<sts-response>')]: 2,
    [innerCall('<Service>', '<name>', '<request>', '<response>')]: 18,
  },
  uuid: '<hex 8>-<hex 4>-<hex 4>-<hex 4>-<hex 12>',
  minor: { '08': 75, '09': 15, '11': 10 },
  identity: {
    '{"type":"IAMUser","principalId":"AIDA5EXAMPLE<User>","arn":"arn:aws:iam::123456789012:user/<User>","accountId":"123456789012","accessKeyId":"AKIA5EXAMPLE4Q8X2<User>","userName":"<User>"}': 77,
    '<assumed-role>': 20,
    '{"type":"AWSService","invokedBy":"<Service>.amazonaws.com"}': 3,
  },
  'assumed-role':
    '{"type":"AssumedRole","principalId":"AROA5EXAMPLE<Role>:<Session>","arn":"arn:aws:sts::123456789012:assumed-role/<Role>/<Session>","accountId":"123456789012","accessKeyId":"ASIA<upper 16>","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA5EXAMPLE<Role>","arn":"arn:aws:iam::123456789012:role/<Role>","accountId":"123456789012","userName":"<Role>"},"attributes":{"creationDate":"<time>","mfaAuthenticated":"false"}}}',
  user: { deployer: 55, '<word>-<digits 2>': 45 },
  role: 'role-<digits 2>',
  session: 'session-<digits 4>',
  address: {
    '198.51.100.20': 60,
    '203.0.113.<digits 2>': 20,
    '10.<digits 2>.<digits 2>.<digits 2>': 8,
    '<Service>.amazonaws.com': 7,
    'AWS Internal': 5,
  },
  agent: {
    '<terraform> aws-sdk-go-v2/1.<digits 2>.0 os/linux lang/go#1.24.10 md/GOOS#linux md/GOARCH#amd64': 25,
    '<terraform> aws-sdk-go/1.55.<digits 1> (go1.24.10; linux; amd64) deployment_<uuid>': 25,
    'deployment_<uuid>': 13,
    'aws-cli/2.32.3 md/awscrt#0.28.4 ua/2.1 os/linux#6.1.158 md/arch#x86_64 lang/python#3.13.9 md/pyimpl#CPython m/E,b,Z,g cfg/retry-mode#standard md/installer#exe md/prompt#off md/command#<service>.<word>-<word> sid/<hex 12>': 12,
    '[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10.245 OpenJDK_64-Bit_Server_VM/25.462-b08 java/1.8.0_462]': 6,
    'AWS Internal': 12,
    '<Service>.amazonaws.com': 7,
  },
  terraform:
    'APN/1.0 HashiCorp/1.0 Terraform/1.14.0 (+https://www.terraform.io) terraform-provider-aws/6.2<digits 1>.1 (+https://registry.terraform.io/providers/hashicorp/aws)',
  failure: {
    '': 83,
    '"errorCode":"AccessDenied","errorMessage":"User: arn:aws:iam::123456789012:user/<User> is not authorized to perform: <Service>:<name> on resource: arn:aws:<Service>:us-east-1:123456789012:<word>/<app> because no identity-based policy allows the <Service>:<name> action",': 6,
    '"errorCode":"Client.UnauthorizedOperation","errorMessage":"You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/<User> is not authorized. Encoded authorization failure message: <base64 600>",': 3,
    '"errorCode":"ThrottlingException","errorMessage":"Rate exceeded",': 3,
    '"errorCode":"NoSuch<noun><noun>","errorMessage":"The specified <word> <word> does not exist: <word>-<hex 8>",': 5,
  },
  'ec2-request': {
    null: 12,
    '{"filterSet":{"items":[{"name":"<word>-id","valueSet":{"items":[<many 6 value>]}}]},"<word>IdSet":{}}': 46,
    '{"<word>Id":"<word>-0<hex 16>"}': 32,
    '{"cidrBlock":"10.<digits 2>.0.0/16","tagSpecificationSet":{"items":[{"resourceType":"<word>","tags":[<many 4 tag>]}]}}': 10,
  },
  value: '{"value":"<word>-0<hex 16>"}',
  tag: '{"key":"<noun>","value":"<app>"}',
  'iam-request': {
    null: 25,
    '{"roleName":"<app>-role"}': 55,
    '{"roleName":"<app>-role","assumeRolePolicyDocument":"<policy>"}': 15,
    '{"policyName":"<app>","policyDocument":"<policy>"}': 5,
  },
  policy: '{\\n  \\"Version\\": \\"2012-10-17\\",\\n  \\"Statement\\": [<many 4 statement>]\\n}',
  statement:
    '{\\n      \\"Effect\\": \\"Allow\\",\\n      \\"Action\\": \\"<service>:<name>\\",\\n      \\"Resource\\": \\"arn:aws:<service>:::<app>/*\\"\\n    }',
  'iam-response': {
    null: 85,
    '{"role":{"path":"/","roleName":"<app>","roleId":"AROA<upper 17>","arn":"arn:aws:iam::123456789012:role/<app>","createDate":"Nov 23, 2026, 11:<digits 2>:<digits 2> AM"}}': 15,
  },
  's3-request': '{"bucketName":"<Bucket>","Host":"<Bucket>.s3.us-east-1.amazonaws.com","<word>":""}',
  bucket: '<word>-<word>-<hex 8>',
  's3-data':
    '"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"ECDHE-RSA-AES128-GCM-SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"<base64 75>\\u003d","bytesTransferredOut":1<digits 3>},',
  's3-resource': '"resources":[{"accountId":"123456789012","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::<Bucket>"}],',
  'kms-name': 'Decrypt|GenerateDataKey|Encrypt',
  'kms-request':
    '{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"PARAMETER_ARN":"arn:aws:ssm:us-east-1:123456789012:parameter/<app>/<word>"}}',
  'kms-resource':
    '"resources":[{"accountId":"123456789012","type":"AWS::KMS::Key","ARN":"arn:aws:kms:us-east-1:123456789012:key/<key>"}],',
  key: { 'dad21b23-9915-42bd-981b-2a9f3c8f20c8': 80, '<uuid>': 20 },
  'sts-request':
    '{"roleArn":"arn:aws:iam::123456789012:role/<app>","roleSessionName":"aws-go-sdk-<digits 19>","durationSeconds":900}',
  'sts-response':
    '{"credentials":{"accessKeyId":"ASIA<upper 16>","sessionToken":"IQoJb3JpZ2luX2VjE<base64 620>","expiration":"Nov 23, 2026, 11:<digits 2>:<digits 2> AM"},"assumedRoleUser":{"assumedRoleId":"AROA<upper 17>:aws-go-sdk-<digits 19>","arn":"arn:aws:sts::123456789012:assumed-role/<app>/aws-go-sdk-<digits 19>"}}',
  request: {
    null: 35,
    '{"<word>Name":"<app>"}': 20,
    '{"maxRecords":100,"<word>Id":"<uuid>"}': 20,
    '{"nextToken":"<base64 200>"}': 12,
    '{"filter":{"startTimes":[{"from":"Nov 23, 2026, <digits 2>:<digits 2>:19 PM"}],"<word>Codes":["<word>","<word>"]},"aggregateField":"<word>"}': 10,
  },
  response: {
    null: 860,
    '{"requestId":"<uuid>","_return":true}': 80,
    '{"<word>":{"<word>Id":"<word>-0<hex 16>","state":"pending","<word>Set":{"items":[<many 4 tag>]}}}': 40,
    '{"items":[<many 30 item>]}': 28,
    '{"findings":[<many 450 item>]}': 1,
  },
  item: '{"name":"<name>","<word>Id":"<word>-<hex 8>","status":"available","description":"<word> <word> <word> of <word>","count":1<digits 2>}',
  access: { '"readOnly":true,': 70, '"readOnly":false,': 23, '': 7 },
  kind: { '"managementEvent":true,': 92, '"managementEvent":true,"sharedEventID":"<uuid>",': 1, '': 7 },
  category: {
    ',"eventCategory":"Management"': 79,
    ',"vpcEndpointId":"vpce-0d985940f92611b87","eventCategory":"Management"': 4,
    ',"eventCategory":"Management","sessionCredentialFromConsole":"true"': 9,
    '': 8,
  },
  tls: '2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256|3","cipherSuite":"TLS_AES_128_GCM_SHA256',
  service:
    'rds|lambda|logs|sns|sqs|ecs|eks|ecr|glue|athena|cloudtrail|cloudfront|elasticloadbalancing|guardduty|monitoring|organizations|redshift|route53|sagemaker|states|health|autoscaling',
  name: { '<popular>': 45, '<verb><noun><noun>': 55 },
  popular:
    'DescribeInstances|DescribeRouteTables|GetParameter|DescribeVpcs|GetUser|ListTagsForResource|GetSecretValue|DescribeInstanceInformation|ListRolePolicies|GetRole',
  verb: 'Describe|Get|List|Create|Delete|Put|Update|Start|Stop|Modify|Associate|Batch',
  noun: 'Role|Policy|User|Group|Key|Alias|Secret|Parameter|Bucket|Object|Instance|Image|Volume|Snapshot|Subnet|Route|Table|Vpc|Gateway|Address|Cluster|Task|Function|Layer|Queue|Topic|Stream|Rule|Target|Alarm|Metric|Trail|Domain|Certificate|Zone|Profile|Session|Version|Attribute|Status|Configuration|Permission|Endpoint|Connection|Backup|Vault',
  app: '<word>-<word>',
  word: 'orders|billing|reports|ingest|search|events|website|api|batch|cache|etl|audit|config|data|users|stage|prod|dev|test|core|payments|stock|mail|queue|vpc|subnet|instance|volume|snapshot|image',
};
