import { Command } from 'commander';
import { indentedJson } from '../../shared/audit-event/json-text.ts';
import type { Environment } from '../../shared/config.ts';
import { getVerifiedEvent, type VerifiedEvent } from '../../shared/query/verified-event.ts';
import { displayText } from '../../shared/render/display.ts';
import { eventText, recordOmitted } from '../../shared/render/event-text.ts';
import { eventJson } from '../../shared/render/json.ts';
import { EXIT } from '../lib/exit.ts';
import { formatOption } from '../lib/format-option.ts';
import { addStoreOptions, type StoreOptions, withStore } from '../lib/store-options.ts';
import { addZoneOption, type TimeOptions, viewOf } from '../lib/view-options.ts';
import { writeOut } from '../lib/write-out.ts';

interface ShowOptions extends StoreOptions, TimeOptions {
  format: 'text' | 'json';
  raw?: true;
}

export function showCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('show')
    .description('show everything stored of one event')
    .argument('<eventId>', "CloudTrail's eventID")
    .addOption(formatOption(['text', 'json']))
    .option('--raw', "only the record's redacted JSON text, exactly as it is stored");
  return addStoreOptions(addZoneOption(command)).action(async (eventId: string, options: ShowOptions) => {
    const event = await withStore(options, env, (deps) => getVerifiedEvent(eventId, deps));
    if (event === undefined) {
      process.stderr.write('mwaa-trail: there is no event with this eventID in the store\n');
      setExitCode(EXIT.failed);
    } else if (!options.raw) {
      await writeOut(printed(event, options, env));
    } else if (event.record !== undefined) {
      if (event.provisional) process.stderr.write(`mwaa-trail: ${PROVISIONAL}\n`);
      await writeOut(`${event.record}\n`);
    } else {
      process.stderr.write(`mwaa-trail: ${displayText(recordOmitted(event))}\n`);
      setExitCode(EXIT.failed);
    }
  });
}

const PROVISIONAL = 'the event is provisional: no log file has brought this record yet';

function printed(event: VerifiedEvent, options: ShowOptions, env: Environment): string {
  if (options.format === 'json') return `${indentedJson(eventJson(event))}\n`;
  return eventText(event, viewOf(process.stdout, env, options, Date.now()));
}
