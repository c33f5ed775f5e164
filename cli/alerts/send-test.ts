import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { createClient } from '../../shared/aws/settings.ts';
import { TrailError } from '../../shared/errors.ts';
import { displayText } from '../../shared/render/display.ts';
import { isMissing } from '../lib/aws-settings.ts';
import { alertFunctionOf } from '../lib/stores.ts';

/** The request that the function understands. */
const TEST = JSON.stringify({ test: 'finding' });

/**
 * Lets the function send a sample, so that its role and its configuration are tested, too.
 * @returns the topic and the bus
 */
export async function sendTest(stack: string): Promise<string[]> {
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
