import type { AdvancedEventSelector, EventSelector, Trail } from '@aws-sdk/client-cloudtrail';
import type { EventSourceMappingConfiguration, FunctionConfiguration } from '@aws-sdk/client-lambda';
import type { GetBucketNotificationConfigurationCommandOutput } from '@aws-sdk/client-s3';
import type { LogBucket } from '../../shared/config.ts';
import type { LogFileProblem, Watermark } from '../../shared/store/ledger.ts';
import type { Answer } from './answer.ts';
import type { DeployedTemplate } from './deployed-template.ts';
import type { Asker, StackResources } from './stack.ts';

/** Where a stack may be that is not where it was looked for. */
export interface StackHints {
  /** Stacks in this Region with a similar name. */
  similar: string[];
  /** Home Regions of trails that are called like the stack. */
  regions: string[];
}

/** What of `GetTrailStatus` is looked at. */
export interface TrailStatus {
  IsLogging?: boolean | undefined;
  LatestDeliveryError?: string | undefined;
  LatestDeliveryTime?: Date | undefined;
  LatestDigestDeliveryError?: string | undefined;
  LatestDigestDeliveryTime?: Date | undefined;
  LatestNotificationError?: string | undefined;
  StartLoggingTime?: Date | undefined;
}

/** A trail has selectors of one of the two kinds. */
export interface Selectors {
  EventSelectors?: EventSelector[] | undefined;
  AdvancedEventSelectors?: AdvancedEventSelector[] | undefined;
}

/** A trail that delivers to a bucket that ingest reads. */
export interface TrailFacts {
  trail: Trail;
  status: Answer<TrailStatus>;
  selectors: Answer<Selectors>;
}

export interface BucketFacts extends LogBucket {
  notifications: Answer<BucketNotifications>;
  /** Its Object Ownership; asked of another account's bucket only. */
  ownership?: Answer<string>;
}

export type BucketNotifications = Pick<
  GetBucketNotificationConfigurationCommandOutput,
  'QueueConfigurations' | 'LambdaFunctionConfigurations' | 'TopicConfigurations' | 'EventBridgeConfiguration'
>;

/** Attributes of a queue or a subscription, by the names that AWS gives them. */
export type Attributes = Readonly<Record<string, string>>;

/** Everything that was found out about a stack; the checks are made on it. */
export interface Facts {
  asker: Asker;
  stackName: string;
  /** In milliseconds since 1970. */
  now: number;
  /** As CloudFormation names it: `CREATE_COMPLETE`, ... */
  stackStatus: Answer<string>;
  /** Only when there is no stack. */
  hints?: StackHints;
  resources: Answer<StackResources>;
  template: Answer<DeployedTemplate>;
  function: Answer<FunctionConfiguration>;
  /** How many executions are reserved for the function; absent: none are, and it takes what there is. */
  reservedConcurrency: Answer<number | undefined>;
  /** Who may invoke the function; absent when it is announced through the queue. */
  functionPolicy?: Answer<string>;
  mappings: Answer<EventSourceMappingConfiguration[]>;
  queue: Answer<Attributes>;
  deadLetters: Answer<Attributes>;
  /** The queue's subscription to a topic, when the stack has one. */
  subscription?: Answer<Attributes>;
  /** The buckets that ingest reads. */
  logBuckets: Answer<BucketFacts[]>;
  trails: Answer<TrailFacts[]>;
  watermarks: Answer<Watermark[]>;
  logFileProblems: Answer<LogFileProblem[]>;
  /** Whether the asker can read a log file that ingest was refused. */
  probe?: Probe;
}

/** `s3`, `kms`: the asker is refused as well, by that service. */
export interface Probe {
  /** `bucket/key` */
  logFile: string;
  outcome: 'readable' | 's3-denied' | 'kms-denied' | 'missing' | 'failed';
}
