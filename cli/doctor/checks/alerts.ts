import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { paginateListSubscriptionsByTopic, type Subscription } from '@aws-sdk/client-sns';
import { shell } from '../../lib/output.ts';
import { type Check, type Checks, ok, problem, warning } from '../check.ts';
import type { Stack } from '../stack.ts';
import { redeploy } from '../trail.ts';
import { logsOf, mappingsOf } from './function.ts';

/** Checks that say nothing of a stack without alerts. */
const ifOn =
  (check: Check): Check =>
  async (stack) =>
    (await stack.idOf('alertFunction')) === undefined ? undefined : check(stack);

/** The way of an alert: from the stream of the events table to people. */
export const alertChecks: Checks = {
  'alert stream': ifOn(async (stack) => {
    const stream = await stack.ask('events', async (TableName) => {
      const { Table = {} } = await stack.clients.dynamo.send(new DescribeTableCommand({ TableName }));
      return Table.StreamSpecification?.StreamEnabled ? Table.LatestStreamArn : undefined;
    });
    if (stream === undefined) return problem('the events table has no stream: no event is evaluated', redeploy(stack));
    return stack.ask('alertFunction', (FunctionName) => reading(FunctionName, stream, stack));
  }),

  'alert topic': ifOn((stack) =>
    stack.ask('alertTopic', async (TopicArn) => {
      const client = stack.clients.snsIn(stack.caller.region);
      const pages = await Array.fromAsync(paginateListSubscriptionsByTopic({ client }, { TopicArn }));
      const subscriptions = pages.flatMap(({ Subscriptions = [] }) => Subscriptions);
      const isPending = ({ SubscriptionArn = '' }: Subscription) => !SubscriptionArn.startsWith('arn:');
      const pending = subscriptions.filter(isPending);
      const confirmed = subscriptions.length - pending.length;
      const subscribe = shell`aws sns subscribe --region ${stack.caller.region} --topic-arn ${TopicArn} --protocol email --notification-endpoint ${'YOU@EXAMPLE.COM'}`;
      return [
        confirmed === 0 && pending.length === 0
          ? warning('nobody is subscribed to the topic: findings reach the event bus only', subscribe)
          : undefined,
        confirmed > 0 ? ok(`confirmed subscriptions: ${confirmed}`) : undefined,
        pending.map(({ Protocol, Endpoint }) =>
          warning(
            `${Protocol} ${Endpoint} is not confirmed, and gets nothing`,
            'confirm it with the link in the mail that SNS sent; SNS forgets it after two days',
          ),
        ),
      ];
    }),
  ),

  'alert failures': ifOn(async (stack) => {
    const { waiting, inFlight, url } = await stack.alertDeadLetters();
    if (waiting + inFlight === 0) return ok('none');
    return problem(
      `${waiting} waiting, ${inFlight} in flight: batches of events for which the rules were not evaluated`,
      `remove the cause, find what they missed with ${shell`mwaa-trail detect --stack ${stack.name} --since 14d`}, then ${shell`aws sqs purge-queue --region ${stack.caller.region} --queue-url ${url}`}`,
    );
  }),
};

/** Whether the function reads the stream. */
async function reading(FunctionName: string, stream: string, stack: Stack) {
  const { region } = stack.caller;
  const [mapping] = await mappingsOf(FunctionName, stream, stack);
  if (mapping === undefined)
    return problem(
      'nothing reads the stream of the events table: no event is evaluated',
      'deploy with --param=alerts=off, then again with alerts=on',
    );
  const { UUID = '', State = '', LastProcessingResult = '' } = mapping;
  if (!/^(Enabled|Enabling|Updating|Creating)$/.test(State))
    return problem(
      `Lambda does not read the stream: ${State}`,
      shell`aws lambda update-event-source-mapping --enabled --region ${region} --uuid ${UUID}`,
    );
  if (/^PROBLEM/.test(LastProcessingResult))
    return problem(`Lambda cannot process the stream: ${LastProcessingResult}`, logsOf(FunctionName, stack));
  return ok('Lambda reads the stream of the events table');
}
