import { AWS } from '../lib/aws-settings.ts';
import { command, UsageError } from '../lib/command.ts';
import { format, text, toggle } from '../lib/options.ts';
import { deadLetterQueueOf, STORE_GROUP, stackFlag, stackInEnvironment } from '../lib/stores.ts';
import { ZONE } from '../lib/times.ts';
import { lookInto, redrive } from '../redrive/redrive.ts';

export default command({
  flags: {
    to: text('<name|url>', 'move them to this queue instead'),
    dryRun: toggle('only count the messages, and show what some of them announce'),
    format: format(['table', 'json']),
    ...ZONE,
    stack: stackFlag('the dead-letter queue of this deployed stack, SERVICE-STAGE'),
    queue: text('<name|url>', 'this dead-letter queue', (option) => option.conflicts('stack').helpGroup(STORE_GROUP)),
    ...AWS,
  },
  async run(options, context) {
    const stack = options.stack ?? stackInEnvironment(context.env);
    const queue = options.queue ?? (stack && deadLetterQueueOf(stack));
    if (queue === undefined) throw new UsageError('name the stack with --stack, or its dead-letter queue with --queue');
    return (options.dryRun ? lookInto : redrive)({ ...options, queue }, context);
  },
});
