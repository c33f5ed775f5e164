import {
  GetBucketNotificationConfigurationCommand,
  GetBucketOwnershipControlsCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { GetSubscriptionAttributesCommand } from '@aws-sdk/client-sns';
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { LogBucket } from '../../shared/config.ts';
import { type Answer, ask, askWith } from './answer.ts';
import type { Clients } from './clients.ts';
import type { Attributes, BucketFacts } from './facts.ts';

/** All attributes of a queue, and its URL as `QueueUrl`. */
export function askQueue(sqs: SQSClient, url: Answer<string>): Promise<Answer<Attributes>> {
  return askWith(url, (QueueUrl) =>
    ask('sqs:GetQueueAttributes', async () => {
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      return { ...Attributes, QueueUrl };
    }),
  );
}

/** All attributes of a subscription, asked for in the Region of its topic. */
export function askSubscription({ snsIn }: Clients, arn: Answer<string>): Promise<Answer<Attributes>> {
  return askWith(arn, async (SubscriptionArn) => {
    // CloudFormation has no ARN of a subscription that the topic's owner has not let happen.
    if (!SubscriptionArn.startsWith('arn:')) return { known: { PendingConfirmation: 'true' } };
    const [, , , region = ''] = SubscriptionArn.split(':');
    return ask('sns:GetSubscriptionAttributes', async () => {
      const { Attributes = {} } = await snsIn(region).send(new GetSubscriptionAttributesCommand({ SubscriptionArn }));
      return Attributes;
    });
  });
}

/** Whom each bucket tells of new objects, and in another account, to whom its objects belong. */
export function askBuckets(s3: S3Client, logBuckets: Answer<LogBucket[]>): Promise<Answer<BucketFacts[]>> {
  return askWith(logBuckets, async (buckets) => {
    const facts = buckets.map(async ({ name, account }) => {
      const owner = account === undefined ? {} : { ExpectedBucketOwner: account };
      const notifications = await ask('s3:GetBucketNotification', () =>
        s3.send(new GetBucketNotificationConfigurationCommand({ Bucket: name, ...owner })),
      );
      if (account === undefined) return { name, notifications };
      return { name, account, notifications, ownership: await askOwnership(s3, name, account) };
    });
    return { known: await Promise.all(facts) };
  });
}

/** A bucket without such settings leaves objects to who wrote them: `ObjectWriter`. */
function askOwnership(s3: S3Client, Bucket: string, ExpectedBucketOwner: string): Promise<Answer<string>> {
  return ask('s3:GetBucketOwnershipControls', async () => {
    try {
      const command = new GetBucketOwnershipControlsCommand({ Bucket, ExpectedBucketOwner });
      const { OwnershipControls } = await s3.send(command);
      return OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? 'ObjectWriter';
    } catch (error) {
      if ((error as Error).name === 'OwnershipControlsNotFoundError') return 'ObjectWriter';
      throw error;
    }
  });
}
