import { readActivityDigest } from '../../shared/alert/activity-digest.ts';
import { digestText } from '../../shared/alert/digest-message.ts';
import { evaluatedFindings } from '../../shared/alert/evaluated-findings.ts';
import { isoTime } from '../../shared/cloudtrail/times.ts';
import { readRules } from '../../shared/detect/read-rules.ts';
import { displayText } from '../../shared/render/display.ts';
import { sendTest } from '../alerts/send-test.ts';
import { loadRules } from '../detect/load-rules.ts';
import { AWS } from '../lib/aws-settings.ts';
import { type CommandGroup, command, EXIT, UsageError } from '../lib/command.ts';
import { format, repeated, text, value } from '../lib/options.ts';
import { jsonText, write } from '../lib/output.ts';
import { STORE, stackFlag, stackInEnvironment, storeOf, withStore } from '../lib/stores.ts';
import { readPeriod, SINCE, ZONE } from '../lib/times.ts';

const test = command({
  flags: {
    format: format(['table', 'json']),
    stack: stackFlag('the deployed stack, SERVICE-STAGE, whose alert function sends it'),
    ...AWS,
  },
  notes: 'It needs the permission lambda:InvokeFunction on the alert function.',
  async run({ format, ...options }, { env, out }) {
    const stack = options.stack ?? stackInEnvironment(env);
    if (stack === undefined) throw new UsageError('name the stack with --stack');
    const sent = await sendTest(stack);
    const lines = sent.map((destination) => `Sent to ${displayText(destination)}\n`);
    await write(out, format === 'json' ? jsonText({ sent }) : lines.join(''));
    return EXIT.done;
  },
});

/** Events in which findings are looked for. */
const MAX_EVENTS = 200_000;

const digest = command({
  flags: {
    since: value<string>('<time>', `from this time on: ${SINCE} 7d`, (option) => option.default('7d')),
    until: text('<time>', 'before this time'),
    rules: repeated('<dir>', 'a folder of your own rules and lists, added to those of mwaa-trail; may be repeated'),
    format: format(['text', 'json']),
    ...ZONE,
    ...STORE,
  },
  notes: 'A stack with digest=weekly sends it each Monday to the topic of alerts: docs/alerts.md.',
  async run(options, { env, out }) {
    const store = storeOf(options, env);
    const stack = store.kind === 'deployed' ? store.stack : undefined;
    const { rules } = readRules(await loadRules(options.rules ?? []));
    await withStore(options, env, async (deps) => {
      const now = deps.now();
      const { since = isoTime(0), until = isoTime(now) } = readPeriod(options, now);
      // Also where no alert function stores findings.
      const findings = evaluatedFindings(async () => rules, deps, MAX_EVENTS);
      const read = await readActivityDigest({ since, until }, findings, deps);
      await write(out, options.format === 'json' ? jsonText(read) : digestText(read, stack));
    });
    return EXIT.done;
  },
});

export default {
  commands: {
    digest: ['print the digest of changes, denials, findings and what is missing', digest],
    test: ['send a sample finding to the topic and the event bus', test],
  },
} satisfies CommandGroup;
