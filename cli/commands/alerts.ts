import { displayText } from '../../shared/render/display.ts';
import { sendTest } from '../alerts/send-test.ts';
import { AWS } from '../lib/aws-settings.ts';
import { type CommandGroup, command, EXIT, UsageError } from '../lib/command.ts';
import { format } from '../lib/options.ts';
import { jsonText, write } from '../lib/output.ts';
import { stackFlag, stackInEnvironment } from '../lib/stores.ts';

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

export default {
  commands: { test: ['send a sample finding to the topic and the event bus', test] },
} satisfies CommandGroup;
