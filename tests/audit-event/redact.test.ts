import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { redactRecord } from '../../shared/audit-event/redact.ts';
import { MASK } from '../../shared/audit-event/secret-patterns.ts';
import { eventOf } from '../support/events.ts';
import { anyString, treeOf, written } from '../support/json-tree.ts';

const redactedValue = (record: object) => JSON.parse(redactRecord(JSON.stringify(record)).text);

/** Fake secrets, one or more for each pattern; `keep` is what may stay readable. */
const SECRETS: readonly [kind: string, secret: string, keep?: string][] = [
  ['a private key', '-----BEGIN RSA PRIVATE KEY-----\nMIICANARY\n-----END RSA PRIVATE KEY-----'],
  ['a private key without its end', '-----BEGIN OPENSSH PRIVATE KEY-----\nMIICANARY and more'],
  ['a JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOjF9.c2lnbmF0dXJl-CANARY_'],
  ['a session token', `IQoJb3JpZ2luX2VjE${'CANARY0a'.repeat(10)}==`],
  ['an older session token', `FwoGZXIvYXdzE${'CANARY/0a'.repeat(10)}`],
  ['an AWS secret access key', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  ['a key with no slash', 'q8Zr3mB1xT7kYp0LwN5vDh2GsJ9aEc4UfXiQ6oRt'],
  ['a Fernet key', 'cJ9mX2pLq7Rz4TvB8nW1yK5dH3gF6sA0uE_oI-tYwQk='],
  ['a Fernet token', `gAAAAABh${'Canary0_-'.repeat(10)}==`],
  ['a bearer token', 'Bearer CANARY.0123456789', 'Bearer '],
  ['basic authentication', 'Basic Y2FuYXJ5OmNhbmFyeQ==', 'Basic '],
  ['short basic authentication', 'Basic dXNlcjpwYXNz', 'Basic '],
  ['a password in a URL', 'postgres://etl:CANARYpw@db.example:5432/dwh', 'postgres://etl:***@db.example:5432/dwh'],
  ['a password with @ in a URL', 'amqp://etl:CANARY@pw@mq.example', 'amqp://etl:***@mq.example'],
  ['a password without a user', 'redis://:CANARYpw@cache.example', 'redis://:***@cache.example'],
  [
    'a password with slashes in a URL',
    'postgres://etl:pa/ss/CANARY@db.example/dwh',
    'postgres://etl:***@db.example/dwh',
  ],
  ['a password with @ and a slash in a URL', 'mysql://etl:p@ss/CANARY@db.example/dwh', '@db.example/dwh'],
  ['a password with ? and # in a URL', 'mysql://etl:a/CANARY?x#CANARY@db.example', 'mysql://etl:***@db.example'],
  ['a password with a space in a URL', 'mysql://etl:two CANARY@db.example', 'mysql://etl:***@db.example'],
  [
    'a user with @ in a URL',
    'smtp://anna@example.com:CANARYpw@mail.example',
    'smtp://anna@example.com:***@mail.example',
  ],
  ['a URL with escaped slashes', 'x {"u":"postgres:\\/\\/etl:CANARYpw@db.example"}', 'etl:***@db.example'],
  ['an escaped assignment', 'x {"u":"password\\u003dCANARYpw"}', 'password\\u003d***'],
  ['an assignment of Ruby', '"password" => "CANARYpw"', '"password" => "'],
  ['an assignment of Go', 'password := CANARYpw', 'password := '],
  ['a setting of Airflow', 'AIRFLOW__CORE__FERNET_KEY=CANARYkey', 'AIRFLOW__CORE__FERNET_KEY='],
  ['a token after a bare colon', 'auth_token:CANARYpw', 'auth_token:'],
  ['a key after a bare colon', 'x-api-key:CANARYpw', 'x-api-key:'],
  ['an assignment', 'password=CANARYpw', 'password='],
  ['a setting', 'AIRFLOW__CORE__SECRET_KEY = "CANARYkey"', 'AIRFLOW__CORE__SECRET_KEY = "'],
  ['a quoted passphrase', 'passphrase: "CANARY battery staple"', 'passphrase: "'],
  ['a passphrase in single quotes', "pwd='CANARY, battery & staple'", "pwd='"],
  ['a password with brackets', 'password=p(CANARY)[x]{y}', 'password='],
  ['JSON in a string', '{"api_key":"CANARYkey","a":1}', '"a":1}'],
  ['JSON in JSON in a string', '{\\"token\\": \\"CANARYtoken\\"}', '{\\"token\\": \\"'],
  ['a signed URL', 'https://b.s3.amazonaws.com/k?X-Amz-Signature=CANARY0a&X-Amz-Expires=60', '&X-Amz-Expires=60'],
  ['an authorization header', 'Authorization: ApiKey CANARYkey', 'Authorization: '],
  [
    'an authorization header of AWS',
    'Authorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=CANARY01',
    'Authorization: ',
  ],
  ['a password with spaces', 'password=two CANARY words', 'password='],
  ['a password with spaces and an apostrophe', "password: don't CANARY me", 'password: '],
  ['a password before another setting', 'password=two CANARY words user=bob', ' user=bob'],
  ['basic authentication in a header', 'Authorization: Basic CANARY and CANARY', 'Authorization: '],
  ['digest authentication', 'Authorization: Digest username="x", response="CANARY"', 'Authorization: '],
  ['a header in quotes', "curl -H 'Authorization: Basic CANARY x' https://example.com", "' https://example.com"],
  ['a cookie', 'Cookie: a=CANARY; b=CANARY', 'Cookie: '],
  ['an argument in quotes', "--password 'CANARY battery' --user bob", "' --user bob"],
  ['an argument', '--db-password CANARYpw --user bob', ' --user bob'],
  ['an element of XML', '<db:password>CANARY battery</db:password>', '</db:password>'],
  [
    'a pair in text',
    'x {"Tags":[{"Key":"db_password","Value":"CANARY"},{"Key":"env","Value":"prod"}]} y',
    '"Value":"prod"',
  ],
  ['a pair in text, the value first', 'x {"value": "CANARY", "name": "api-key"} y', '"name": "api-key"'],
  [
    'a pair in escaped text',
    'x {\\"ParameterKey\\":\\"DbPassword\\",\\"ParameterValue\\":\\"CANARY\\"} y',
    'DbPassword',
  ],
  ['a pair of the shorthand', 'Key=db_password,Value=CANARY Key=env,Value=prod', 'Key=env,Value=prod'],
  ['a pair of a query', 'name=db_password&value=CANARYpw&x=1', '&x=1'],
  ['a pair of a query, the value first', 'value=CANARYpw&name=db_password', '&name=db_password'],
  ['a pair before another member', 'Value=CANARYpw Key=db_password Name=x', 'Key=db_password Name=x'],
  [
    'a pair with a type',
    'x {"Key":"db_password","Type":"SecureString","Value":"CANARY"} y',
    '"SecureString","Value":"***"} y',
  ],
  ['a pair with a type, the value first', 'x {"Value":"CANARY","Type":"String","Key":"db_password"} y', '"String"'],
  [
    'a parameter of CloudFormation',
    'ParameterKey=DbPassword,UsePreviousValue=false,ParameterValue=CANARY',
    'UsePreviousValue=false,ParameterValue=***',
  ],
  [
    'the answer to a value that is not allowed',
    "1 validation error detected: Value 'CANARY, battery' at 'options.dbPassword' failed to satisfy constraint: x",
    "Value '***' at 'options.dbPassword' failed to satisfy constraint",
  ],
  [
    'a connection of Oracle',
    'jdbc:oracle:thin:scott/CANARYpw@//db.example:1521/x',
    'jdbc:oracle:thin:scott/***@//db.example',
  ],
  ['an encoded URI with an encoded slash', 'mysql%3A%2F%2Fu%3Apa%2FCANARY%40host', 'mysql%3A%2F%2Fu%3A***%40host'],
  ['an encoded URI with plain slashes', 'mysql%3A//u%3ACANARYpw%40host%3A3306', 'mysql%3A//u%3A***%40host%3A3306'],
  ['an encoded URI', 'postgresql%3A%2F%2Fuser%3ACANARY%40host%2Fdb', 'postgresql%3A%2F%2Fuser%3A***%40host%2Fdb'],
  [
    'an encoded URI in a URL',
    'https://x/?u=amqp%3a%2f%2fuser%3aCANARY%40host&y=1',
    'amqp%3a%2f%2fuser%3a***%40host&y=1',
  ],
  [
    'a URI that is encoded twice',
    'mysql%253A%252F%252Fuser%253ACANARY%2540host',
    'mysql%253A%252F%252Fuser%253A***%2540host',
  ],
  ['encoded JSON', '%7B%22password%22%3A%22CANARY%22%7D', '%7B%22password%22%3A%22***%22%7D'],
  ['a Slack webhook', 'https://hooks.slack.com/services/T0CANARY/B0CANARY/CANARY', 'https://hooks.slack.com/services/'],
  [
    'a Teams webhook',
    'https://corp.webhook.office.com/webhookb2/CANARY@1/IncomingWebhook/CANARY/2',
    'corp.webhook.office.com/',
  ],
  [
    'a Teams workflow',
    'https://prod-1.westus.logic.azure.com:443/workflows/CANARY/triggers/manual/paths/invoke?sp=%2Ft&sig=CANARY',
    'logic.azure.com:443/',
  ],
  ['a Discord webhook', 'https://discord.com/api/webhooks/1234/CANARY-x_y', 'https://discord.com/api/webhooks/'],
  [
    'an older Discord webhook',
    'https://discordapp.com/api/v10/webhooks/1234/CANARY',
    'discordapp.com/api/v10/webhooks/',
  ],
  [
    'a Google Chat webhook',
    'https://chat.googleapis.com/v1/spaces/CANARY/messages?key=CANARY&token=CANARY',
    '/v1/spaces/',
  ],
  [
    'an encoded webhook',
    'https%3A%2F%2Fhooks.slack.com%2Fservices%2FT0%2FB0%2FCANARY',
    'hooks.slack.com%2Fservices%2F',
  ],
  [
    'a Chime webhook',
    'https://hooks.chime.aws/incomingwebhooks/CANARY?token=CANARY',
    'hooks.chime.aws/incomingwebhooks/',
  ],
  [
    'a webhook with escaped slashes',
    'x "https:\\/\\/hooks.slack.com\\/services\\/T0\\/B0\\/CANARY"',
    'services\\/***"',
  ],
  ['a GitHub token', `ghp_CANARY${'a0'.repeat(15)}`],
  ['a GitHub token of the new kind', `github_pat_CANARY_${'a0'.repeat(15)}`],
  ['a GitLab token', `glpat-CANARY${'a0'.repeat(10)}`],
  ['a Slack token', 'xoxb-0123456789-CANARY'],
  ['a Google API key', `AIzaCANARY${'a0B'.repeat(9)}-_`],
  ['a Stripe key', `sk_live_CANARY${'a0'.repeat(8)}`],
  ['a model provider key', `sk-proj-CANARY0aB${'x9Z'.repeat(8)}`],
  ['an npm token', `npm_CANARY${'a0B'.repeat(10)}`],
  ['a Vault token', `hvs.CANARY${'a0B'.repeat(8)}`],
];
/** The part of a secret that must not be seen. */
const SECRET_PART =
  /CANARY\S*|Y2FuYXJ5\S*|dXNlcjpwYXNz|wJalr\S+|q8Zr3m\S+|cJ9mX2\S+|gAAAAABh\S+|eyJ\S+|battery|staple/gi;

describe('secrets by their form', () => {
  test.each(SECRETS)('%s', (_, secret, keep = '') => {
    const parts = secret.match(SECRET_PART);
    expect(parts).not.toBeNull();
    const places = {
      userAgent: secret,
      requestParameters: { Tags: { note: `before ${secret}` }, list: [[{ deep: { deeper: [secret] } }]] },
      errorMessage: `Denied (${secret}) for user`,
      [`x ${secret}`]: 1,
    };
    const { text, redacted } = redactRecord(JSON.stringify({ ...places, eventID: 'e' }));
    for (const part of parts!) expect(text).not.toContain(JSON.stringify(part).slice(1, -1));
    const masked = JSON.parse(text);
    expect(masked.userAgent).toContain(MASK);
    expect(masked.userAgent).toContain(keep);
    expect(masked.eventID).toBe('e');
    expect(redacted.slice(0, 4)).toEqual(
      expect.arrayContaining([
        'userAgent',
        'requestParameters.Tags.note',
        'requestParameters.list.deep.deeper',
        'errorMessage',
      ]),
    );
  });

  test.each(SECRETS)('%s is in nothing that is indexed', (_, secret) => {
    const event = eventOf({
      requestParameters: { Name: secret },
      userAgent: secret,
      errorCode: 'x',
      responseElements: { message: secret },
      userIdentity: { type: 'IAMUser', userName: secret },
    });
    for (const part of secret.match(SECRET_PART)!) {
      expect(JSON.stringify(event)).not.toContain(JSON.stringify(part).slice(1, -1));
    }
  });

  test('masking again changes nothing', () => {
    const text = JSON.stringify(SECRETS.map(([, secret]) => ({ a: secret, Body: secret, [secret]: 0 })));
    const once = redactRecord(text).text;
    expect(redactRecord(once)).toEqual({ text: once, redacted: [] });
  });

  test('nor does it in any record: migration makes events again from masked ones', () => {
    const strings = fc.constantFrom('x', 'password', '--token', 'Body', ...SECRETS.map(([, secret]) => secret));
    fc.assert(
      fc.property(treeOf({ strings, names: strings }), fc.nat(), (tree, seed) => {
        const once = redactRecord(written(tree, { seed })).text;
        expect(redactRecord(once)).toEqual({ text: once, redacted: [] });
      }),
    );
  });
});

describe('secrets by the name of the member', () => {
  const NAMES = [
    ...[
      'CliToken',
      'WebToken',
      'cliToken',
      'webToken',
      'Body',
      'body',
      'RestApiResponse',
      'AirflowConfigurationOptions',
    ],
    ...[
      'password',
      'Password',
      'passwd',
      'smtp_password',
      'clientSecret',
      'SecretString',
      'secretAccessKey',
      'api_key',
    ],
    ...['apiKey', 'x-api-key', 'Authorization', 'Cookie', 'Set-Cookie', 'fernet_key', 'private_key', 'privateKey'],
    ...['token', 'accessToken', 'refresh_token', 'idToken', 'sessionToken', 'SessionToken', 'authToken', 'passphrase'],
  ];
  const VALUES = ['CANARY', { a: 'CANARY', b: [{ c: 'CANARY' }] }, ['CANARY'], 123456, ' ', {}];

  test.each(NAMES)('%s', (name) => {
    for (const value of VALUES) {
      const record = {
        eventID: 'e',
        requestParameters: { [name]: value, Name: 'prod-etl' },
        responseElements: { list: [{ [name]: value }] },
      };
      const { text, redacted } = redactRecord(JSON.stringify(record));
      expect(JSON.parse(text)).toEqual({
        eventID: 'e',
        requestParameters: { [name]: MASK, Name: 'prod-etl' },
        responseElements: { list: [{ [name]: MASK }] },
      });
      expect(redacted).toEqual([`requestParameters.${name}`, `responseElements.list.${name}`]);
    }
  });

  test.each(['', MASK, true, false, null])('%j hides nothing', (value) => {
    const text = JSON.stringify({ requestParameters: { Body: value, QueryParameters: { a: value }, password: value } });
    expect(redactRecord(text)).toEqual({ text, redacted: [] });
  });

  test('both of two duplicates', () => {
    expect(redactRecord('{"a":{"Body":"CANARY","Body":"CANARY"}}').text).toBe('{"a":{"Body":"***","Body":"***"}}');
  });

  test('escapes in the name and white space hide nothing', () => {
    expect(redactRecord('{"a":\n{ "B\\u006fdy" : "CANARY" } }').text).toBe('{"a":\n{ "B\\u006fdy" : "***" } }');
  });

  test('query parameters keep their names', () => {
    expect(
      redactedValue({
        requestParameters: { QueryParameters: { api: 'CANARY', n: 7, more: { x: ['CANARY', true] }, no: '' } },
      }),
    ).toEqual({ requestParameters: { QueryParameters: { api: MASK, n: MASK, more: { x: [MASK, true] }, no: '' } } });
    expect(redactedValue({ requestParameters: { QueryParameters: 'a=CANARY' } })).toEqual({
      requestParameters: { QueryParameters: MASK },
    });
  });

  test('at any depth', () => {
    const depth = 900;
    const text = `${'{"a":['.repeat(depth)}{"Body":"CANARY"}${']}'.repeat(depth)}`;
    expect(redactRecord(text).text).toBe(text.replace('CANARY', MASK));
  });
});

describe('secrets in pairs', () => {
  test.each([
    [
      { Key: 'db_password', Value: 'CANARY' },
      { Key: 'db_password', Value: MASK },
    ],
    [
      { Value: 'CANARY', Key: 'db_password' },
      { Value: MASK, Key: 'db_password' },
    ],
    [
      { name: 'API-Key', value: 'CANARY' },
      { name: 'API-Key', value: MASK },
    ],
    [
      { NAME: 'slackToken', VALUE: 'CANARY' },
      { NAME: 'slackToken', VALUE: MASK },
    ],
    [
      { ParameterKey: 'DbPassword', ParameterValue: 'CANARY' },
      { ParameterKey: 'DbPassword', ParameterValue: MASK },
    ],
    [
      { Namespace: 'x', OptionName: 'secret', Value: 7 },
      { Namespace: 'x', OptionName: 'secret', Value: MASK },
    ],
    [
      { key: 'passphrase', value: { a: ['CANARY'] } },
      { key: 'passphrase', value: MASK },
    ],
    [
      { key: 'token', values: ['CANARY', 'CANARY'] },
      { key: 'token', values: MASK },
    ],
    [
      {
        pairs: [
          ['Authorization', 'CANARY'],
          ['Accept', 'x'],
        ],
      },
      {
        pairs: [
          ['Authorization', MASK],
          ['Accept', 'x'],
        ],
      },
    ],
    [{ args: ['--password', 'CANARY', '--user', 'bob'] }, { args: ['--password', MASK, '--user', 'bob'] }],
    [{ Tags: { db_password: 'CANARY', env: 'prod' } }, { Tags: { db_password: MASK, env: 'prod' } }],
    [
      { Key: 'db_pass', Value: 'CANARY' },
      { Key: 'db_pass', Value: MASK },
    ],
    [
      { type: 'password', value: 'CANARY' },
      { type: 'password', value: MASK },
    ],
    // What is no secret stays.
    ...[
      { Key: 'Environment', Value: 'prod' },
      { Key: 'db_password_arn', Value: 'arn:aws:secretsmanager:eu-west-1:1:secret:x' },
      { Key: 'SecretName', Value: 'airflow/dwh' },
      { Key: 'db_password', Value: '' },
      { Key: 'rotate-secrets', Value: true },
      { MetricName: 'TokenRefreshes', Value: 5 },
      { Name: 'nextToken', Value: 'abc' },
      { tagKeys: ['db_password', 'env'] },
    ].map((pair): [object, object] => [pair, pair]),
  ])('%j', (given, expected) => {
    for (const around of [
      (value: unknown) => ({ requestParameters: { Tags: [{ Key: 'Environment', Value: 'prod' }, value] } }),
      (value: unknown) => ({ additionalEventData: { deep: [[{ deeper: value }]] } }),
      (value: unknown) => ({ requestParameters: { note: JSON.stringify({ list: [value], n: 1 }) } }),
      (value: unknown) => ({ requestParameters: { note: JSON.stringify([JSON.stringify([value])]) } }),
    ]) {
      const { text, redacted } = redactRecord(JSON.stringify(around(given)));
      expect(JSON.parse(text)).toEqual(around(expected));
      expect(redacted).toHaveLength(given === expected ? 0 : 1);
      expect(redactRecord(text)).toEqual({ text, redacted: [] });
    }
  });

  test('JSON in a string keeps every other byte', () => {
    const inner = (value: string) => `{ "password" : ${value} , "n":1e400,"m":"\\u003d","n":-0 }`;
    const { text } = redactRecord(JSON.stringify({ a: { note: inner('12345') } }));
    expect(JSON.parse(text)).toEqual({ a: { note: inner('"***"') } });
  });

  test('text that only begins like JSON, nests deeply or never ends is still masked', () => {
    for (const start of ['{"', '["', '[', '{"a', '[1,', '['.repeat(100_000), '[{"a":"\\']) {
      expect(redactRecord(JSON.stringify({ a: { note: `${start} password=CANARY` } })).text).not.toContain('CANARY');
    }
  });

  test('a name and a time of a record are not taken for a pair', () => {
    const text = JSON.stringify({ eventName: 'CreateWebLoginToken', additionalEventData: { value: 'x' }, data: 'y' });
    expect(redactRecord(text)).toEqual({ text, redacted: [] });
  });
});

describe('other values stay', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:airflow/connections/dwh-AbCdEf';

  test.each([
    'User: arn:aws:sts::123456789012:assumed-role/Admin/anna is not authorized to perform: airflow:CreateWebLoginToken on resource: arn:aws:airflow:eu-west-1:123456789012:environment/prod-etl because no identity-based policy allows the airflow:CreateWebLoginToken action',
    `User: arn:aws:iam::123456789012:user/anna is not authorized to perform: secretsmanager:GetSecretValue on resource: ${arn} with an explicit deny in a service control policy`,
    'is not authorized to perform: airflow:CreateCliToken on resource: arn:aws:airflow:eu-west-1:123456789012:environment/token-store',
    'You are not authorized. Encoded authorization failure message: UKB3S93u2Fo_wJalrXUtnFEMIxK7MDENGxbPxRfiCYzXAMPLEKEY-GVSihAEr4LlN_a',
    'The security token included in the request is invalid.',
    'Basic authentication is not supported',
    arn,
    `{"secretArn":"${arn}"}`,
    `SecretId=${arn}`,
    'http://localhost:8080/users/anna@example.com',
    "1 validation error detected: Value 'x' at 'name' failed to satisfy constraint",
    'http://[::1]:8080/users/anna@example.com',
    'https://example.com:8443?mail=anna@example.com',
    'see https://example.com: contact admin@example.com',
    'registry://example.com:5000/image@sha256:abc',
    'token_type: bearer_name, secretName=dwh',
    'use the --password option to set a password',
    'https%3A%2F%2Fexample.com%3A8443%2Fpath%3Fa%3Db',
    'https://slack.com/archives/C0/p1 https://discord.com/channels/1/2 https://www.office.com/webhooks',
    'arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_AdministratorAccess_0123456789abcdef',
    'arn:aws:kms:eu-west-1:123456789012:key/0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0',
    's3://example-corp-dags/team/PROD/2026/plugins.zip',
    'Dags/Team/Prod/Etl/Core/Jobs/Main/Run/One',
    'Dags/Team/Prod/Etl/Core/Jobs/V2/Run/Main',
    'dags/DataPlatform/OrdersWarehouse/Daily1',
    'MwaaStackAirflowExecutionRoleProdEuWest11',
    'AWSServiceRoleForAmazonMWAA',
    'token-exchange-service/secret-rotation',
    'sk-analytics-production-etl-environment',
    'sk-data-platform-2026-airflow',
    'anna.berg@example.com',
    'Boto3/1.34.0 md/Botocore#1.34.0 ua/2.0 os/linux#5.10 md/arch#x86_64 lang/python#3.11.6 cfg/retry-mode#legacy Botocore/1.34.0',
    'aws-cli/2.15.0 Python/3.11.6 Linux/5.10 exe/x86_64.amzn.2 prompt/off command/mwaa.create-cli-token',
    '[S3Console/0.4, aws-internal/3 aws-sdk-java/1.11.1030]',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36',
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'DA39A3EE5E6B4B0D3255BFEF95601890AFD80709',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'd41d8cd98f00b204e9800998ecf8427e',
    '0123456789012345678901234567890123456789',
    'b1946ac9-2c3d-4f5e-8a7b-9c0d1e2f3a4b',
    '3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrHY+MTRCxf3vjVBH40Nr8X8gdRQBpUMLUo',
    'ASIAEXAMPLEPIAXVEIM4',
    'https://example.com:8443/path',
    'k3v9q2zt-vpce.c3.eu-west-1.airflow.amazonaws.com',
  ])('%s', (value) => {
    const text = JSON.stringify({
      userAgent: value,
      requestID: value,
      userIdentity: { userName: value, principalId: value },
      requestParameters: { Name: value, DagS3Path: value, [value]: true, list: [[value]] },
      responseElements: { message: value },
    });
    expect(redactRecord(text)).toEqual({ text, redacted: [] });
  });

  test.each([
    'NextToken',
    'nextToken',
    'accessKeyId',
    'AccessKeyId',
    'secretArn',
    'SecretId',
    'secretName',
    'tokenVersion',
    'tagKeys',
    'KmsKey',
  ])('the member %s', (name) => {
    const text = JSON.stringify({ requestParameters: { [name]: 'AAAA0123456789', list: [{ [name]: 'x' }] } });
    expect(redactRecord(text)).toEqual({ text, redacted: [] });
  });

  test('top-level members that identify the event', () => {
    const secret = 'password=hunter22hunter22';
    const text = JSON.stringify({
      eventID: secret,
      eventName: secret,
      eventTime: secret,
      eventSource: secret,
      awsRegion: secret,
    });
    expect(redactRecord(text)).toEqual({ text, redacted: [] });
  });

  test('not a byte of a record without secrets changes', () => {
    // Too short to hold one; words of the field beside them.
    const strings = fc.oneof(
      anyString.filter((text) => text.length < 8),
      fc.constantFrom('prod-etl', 'arn:aws:iam::123456789012:role/Admin', '2026-11-06T02:31:18Z', '\u003d&\u2028'),
    );
    fc.assert(
      fc.property(treeOf({ strings, names: strings }), fc.nat(), fc.boolean(), (tree, seed, repeat) => {
        const text = written(
          {
            object: [
              ['eventID', { string: 'e' }],
              ['requestParameters', tree],
            ],
          },
          { seed, repeat },
        );
        expect(redactRecord(text)).toEqual({ text, redacted: [] });
      }),
      { numRuns: 300 },
    );
  });

  test('nor does any byte around a secret', () => {
    fc.assert(
      fc.property(
        treeOf({ strings: fc.constant('x'), names: fc.constantFrom('a', 'b', 'c', 'd', 'e') }),
        fc.nat(),
        (tree, seed) => {
          const around = (value: string) =>
            `{ "a":${written(tree, { seed })},"r":{"Body" : ${value} ,"n":1e400,"n":"\\u003d"}}`;
          expect(redactRecord(around('{"p":"CANARY"}')).text).toBe(around('"***"'));
        },
      ),
    );
  });
});

describe('paths', () => {
  test('name each masked value once, and never the secret', () => {
    const record = { a: [{ Body: 'x' }, { Body: 'y' }], 'password=CANARYpw': 'Bearer CANARY0123456789' };
    const { redacted } = redactRecord(JSON.stringify({ requestParameters: record }));
    expect(redacted).toEqual(['requestParameters.a.Body', 'requestParameters.password=***']);
  });

  test('are few, and short, whatever the record', () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`n${i}`, { Body: 'x' }]));
    expect(redactRecord(JSON.stringify({ many })).redacted).toHaveLength(50);
    const deep = `${'{"a":'.repeat(500)}{"Body":"x"}${'}'.repeat(500)}`;
    expect(redactRecord(deep).redacted).toEqual([expect.stringMatching(/^.{1,40}$/)]);
  });
});
