import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { createClient } from '../../shared/aws/settings.ts';
import { TrailError } from '../../shared/errors.ts';
import { displayText } from '../../shared/render/display.ts';
import { AWS, isMissing } from '../lib/aws-settings.ts';
import { type CommandGroup, command, EXIT, UsageError } from '../lib/command.ts';
import { format } from '../lib/options.ts';
import { jsonText, write } from '../lib/output.ts';
import { alertFunctionOf, stackFlag, stackInEnvironment } from '../lib/stores.ts';

/** The request that the function understands. */
const TEST = JSON.stringify({ test: 'finding' });

const test = command({
  flags: {
    format: format(['table', 'json']),
    stack: stackFlag('the deployed stack, SERVICE-STAGE, whose alert function sends it'),
    ...AWS,
  },
  notes: 'The function needs to be invoked: the permission lambda:InvokeFunction on it.',
  async run({ format, ...options }, { env, out }) {
    const stack = options.stack ?? stackInEnvironment(env);
    if (stack === undefined) throw new UsageError('name the stack with --stack');
    const sent = await sendTest(stack);
    const lines = sent.map((destination) => `Sent to ${displayText(destination)}\n`);
    await write(out, format === 'json' ? jsonText({ sent }) : lines.join(''));
    return EXIT.done;
  },
});

/**
 * Lets the function send a sample, so that its role and its configuration are tested, too.
 * @returns the topic and the bus
 */
async function sendTest(stack: string): Promise<string[]> {
  const FunctionName = alertFunctionOf(stack);
  const failed = (why: string, options?: ErrorOptions) =>
    new TrailError('alerts-test', `${FunctionName} did not send the sample: ${why}`, options);
  const lambda = createClient(LambdaClient);
  const { FunctionError, Payload = new Uint8Array() } = await lambda
    .send(new InvokeCommand({ FunctionName, Payload: TEST }))
    .catch((error: unknown) => {
      if (!isMissing(error)) throw error;
      throw failed('there is no such function in this account and Region; is the stack deployed with alerts=on?', {
        cause: error,
      });
    });
  const answer = JSON.parse(Buffer.from(Payload).toString() || '{}') as { sent?: string[]; errorMessage?: string };
  if (FunctionError !== undefined) throw failed(displayText(answer.errorMessage ?? FunctionError));
  if (answer.sent === undefined) throw failed('expected it to say where it sent it; deploy this version');
  return answer.sent;
}

export default {
  commands: { test: ['send a sample finding to the topic and the event bus', test] },
} satisfies CommandGroup;
