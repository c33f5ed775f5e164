/**
 * Makes log files like those CloudTrail delivers: compact JSON, 1.2 to 1.6 KB a record, gzip ratio about 10. The same
 * settings give the same bytes.
 *
 *     node bench/generate.ts --megabytes 200 --share 0.001 --seed 1 > file.json.gz
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGzip } from 'node:zlib';

export interface LogFileSettings {
  /** Length of the text; exceeded by less than a record. */
  bytes: number;
  /** Share of Amazon MWAA's records, 0 to 1. */
  share: number;
  seed: number;
  /** At most so many records. */
  records?: number;
  /** The time of the first event, milliseconds since 1970; each of the others happened 50 ms after the one before. */
  start?: number;
}

const START = Date.UTC(2026, 10, 23, 10);

/** The text of a log file, in pieces of some 64 KB. */
export function* generateLogFile(settings: LogFileSettings): Generator<string, void, void> {
  const { bytes, share, seed, records = Number.POSITIVE_INFINITY, start = START } = settings;
  const random = new Random(seed);
  let piece = '{"Records":[';
  let written = 0;
  let index = 0;
  while (written + piece.length < bytes && index < records) {
    const source = random.chance(share) ? MWAA : random.pick(OTHER_SOURCES);
    piece +=
      (index > 0 ? ',' : '') +
      JSON.stringify(record(source, start + 50 * index, random)).replace(/[=&]/g, escapeLikeCloudTrail);
    index++;
    if (piece.length < 65_536) continue;
    yield piece;
    written += piece.length;
    piece = '';
  }
  yield `${piece}]}`;
}

interface Source {
  eventSource: string;
  eventNames: readonly string[];
  readOnly: boolean;
  details(random: Random): { requestParameters: object | null; responseElements: object | null; additional?: object };
}

const MWAA: Source = {
  eventSource: 'airflow.amazonaws.com',
  eventNames: ['CreateCliToken', 'CreateWebLoginToken', 'GetEnvironment', 'UpdateEnvironment', 'InvokeRestApi'],
  readOnly: false,
  details: (random) => ({
    requestParameters: { Name: `team-${random.digits(2)}-airflow` },
    responseElements: { CliToken: '***', WebServerHostname: `${random.hex(8)}.c2.eu-central-1.airflow.amazonaws.com` },
  }),
};

const OTHER_SOURCES: readonly Source[] = [
  {
    eventSource: 's3.amazonaws.com',
    eventNames: ['GetBucketAcl', 'GetBucketLocation', 'ListAccessPoints', 'GetBucketPolicyStatus'],
    readOnly: true,
    details: (random) => {
      const bucket = `data-lake-${random.digits(4)}`;
      return {
        requestParameters: { bucketName: bucket, Host: `${bucket}.s3.eu-central-1.amazonaws.com`, location: '' },
        responseElements: null,
        additional: {
          SignatureVersion: 'SigV4',
          CipherSuite: 'ECDHE-RSA-AES128-GCM-SHA256',
          bytesTransferredIn: 0,
          AuthenticationMethod: 'AuthHeader',
          'x-amz-id-2': `${random.base64(54)}=`,
          bytesTransferredOut: random.below(4096),
        },
      };
    },
  },
  {
    eventSource: 'kms.amazonaws.com',
    eventNames: ['Decrypt', 'GenerateDataKey', 'DescribeKey'],
    readOnly: true,
    details: (random) => ({
      requestParameters: {
        encryptionContext: {
          'aws:s3:arn': `arn:aws:s3:::data-lake-${random.digits(4)}/year=2026/part-${random.digits(5)}`,
        },
        keyId: `arn:aws:kms:eu-central-1:123456789012:key/${random.uuid()}`,
        encryptionAlgorithm: 'SYMMETRIC_DEFAULT',
      },
      responseElements: null,
    }),
  },
  {
    eventSource: 'sts.amazonaws.com',
    eventNames: ['AssumeRole'],
    readOnly: true,
    details: (random) => ({
      requestParameters: {
        roleArn: `arn:aws:iam::123456789012:role/service-role-${random.digits(3)}`,
        roleSessionName: `session-${random.hex(8)}`,
        durationSeconds: 3600,
        policy: '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get*","Resource":"*"}]}',
      },
      responseElements: {
        credentials: {
          accessKeyId: `ASIA${random.upper(16)}`,
          expiration: 'Nov 23, 2026, 11:00:00 AM',
          sessionToken: random.base64(120),
        },
        assumedRoleUser: {
          assumedRoleId: `AROA${random.upper(17)}:session`,
          arn: 'arn:aws:sts::123456789012:assumed-role/service-role/session',
        },
      },
    }),
  },
  {
    eventSource: 'ec2.amazonaws.com',
    eventNames: ['DescribeInstances', 'DescribeVolumes', 'DescribeNetworkInterfaces'],
    readOnly: true,
    details: (random) => ({
      requestParameters: {
        maxResults: 1000,
        filterSet: {
          items: [
            {
              name: 'instance-id',
              valueSet: { items: [{ value: `i-0${random.hex(16)}` }, { value: `i-0${random.hex(16)}` }] },
            },
          ],
        },
        instancesSet: {},
      },
      responseElements: null,
    }),
  },
];

function record(source: Source, time: number, random: Random): object {
  const eventTime = new Date(time).toISOString().replace(/\.\d+Z$/, 'Z');
  const role = `role-${random.digits(2)}`;
  const session = `session-${random.digits(4)}`;
  const principalId = `AROA5EXAMPLE${role.toUpperCase()}`;
  const { requestParameters, responseElements, additional } = source.details(random);
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      principalId: `${principalId}:${session}`,
      arn: `arn:aws:sts::123456789012:assumed-role/${role}/${session}`,
      accountId: '123456789012',
      accessKeyId: `ASIA${random.upper(16)}`,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          principalId,
          arn: `arn:aws:iam::123456789012:role/${role}`,
          accountId: '123456789012',
          userName: role,
        },
        attributes: { creationDate: eventTime, mfaAuthenticated: 'false' },
      },
    },
    eventTime,
    eventSource: source.eventSource,
    eventName: random.pick(source.eventNames),
    awsRegion: 'eu-central-1',
    sourceIPAddress: `10.${random.below(256)}.${random.below(256)}.${random.below(256)}`,
    userAgent: random.pick(USER_AGENTS),
    requestParameters,
    responseElements,
    ...(additional && { additionalEventData: additional }),
    requestID: random.uuid(),
    eventID: random.uuid(),
    readOnly: source.readOnly,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '123456789012',
    eventCategory: 'Management',
    tlsDetails: {
      tlsVersion: 'TLSv1.3',
      cipherSuite: 'TLS_AES_128_GCM_SHA256',
      clientProvidedHostHeader: `${source.eventSource.split('.')[0]}.eu-central-1.amazonaws.com`,
    },
  };
}

const USER_AGENTS = [
  'Boto3/1.42.9 md/Botocore#1.42.9 ua/2.1 os/linux#6.1.158 md/arch#x86_64 lang/python#3.12.12 md/pyimpl#CPython cfg/retry-mode#standard',
  'aws-sdk-java/2.39.6 md/io#sync md/http#Apache ua/2.1 os/Linux#6.1.158 lang/java#21.0.9 md/OpenJDK_64-Bit_Server_VM#21.0.9+10-LTS',
  'APN/1.0 HashiCorp/1.0 Terraform/1.14.0 (+https://www.terraform.io) terraform-provider-aws/6.22.1 aws-sdk-go-v2/1.40.0 os/linux',
  '[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10.245 OpenJDK_64-Bit_Server_VM/25.462-b08 java/1.8.0_462]',
  'autoscaling.amazonaws.com',
];

function escapeLikeCloudTrail(character: string): string {
  return character === '=' ? '\\u003d' : '\\u0026';
}

/** Pseudo-random numbers from a seed (the 32-bit generator "mulberry32"). */
class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  chance(probability: number): boolean {
    return this.below(1_000_000) < probability * 1_000_000;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  digits = (length: number): string => this.text('0123456789', length);
  hex = (length: number): string => this.text('0123456789abcdef', length);
  upper = (length: number): string => this.text('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', length);
  base64 = (length: number): string =>
    this.text('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', length);

  uuid(): string {
    return [8, 4, 4, 4, 12].map(this.hex).join('-');
  }

  private text(alphabet: string, length: number): string {
    let text = '';
    while (text.length < length) text += alphabet[this.below(alphabet.length)];
    return text;
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      megabytes: { type: 'string', default: '200' },
      share: { type: 'string', default: '0.001' },
      seed: { type: 'string', default: '1' },
    },
  });
  const settings = { bytes: Number(values.megabytes) * 1e6, share: Number(values.share), seed: Number(values.seed) };
  const compressed = createGzip();
  compressed.pipe(process.stdout);
  await pipeline(Readable.from(generateLogFile(settings)), compressed);
}

if (import.meta.main) await main();
