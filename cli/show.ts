import { Command } from 'commander';
import { indentedJson } from '../shared/audit-event/json-text.ts';
import type { Environment } from '../shared/config.ts';
import { eventJson } from '../shared/render/json.ts';
import { getEvent } from '../shared/store/events-table.ts';
import { EXIT } from './exit.ts';
import { addStoreOptions, type StoreOptions, withStore } from './store-options.ts';
import { writeOut } from './write-out.ts';

export function showCommand(env: Environment, setExitCode: (code: number) => void): Command {
  const command = new Command('show')
    .description('show everything stored of one event')
    .argument('<eventId>', "CloudTrail's eventID")
    .option('--raw', "only the record's redacted JSON text, exactly as it is stored");
  return addStoreOptions(command).action(async (eventId: string, options: StoreOptions & { raw?: true }) => {
    const event = await withStore(options, env, ({ dynamo, tables, now }) =>
      getEvent(dynamo, tables.eventsTable, eventId, now()),
    );
    if (event === undefined) {
      process.stderr.write('mwaa-trail: there is no event with this eventID in the store\n');
      setExitCode(EXIT.failed);
    } else if (!options.raw) {
      await writeOut(`${indentedJson(eventJson(event))}\n`);
    } else if (event.record !== undefined) {
      await writeOut(`${event.record}\n`);
    } else {
      process.stderr.write(
        `mwaa-trail: the record was too big to be stored; it is Records[${event.recordIndex}] of s3://${event.logFile}\n`,
      );
      setExitCode(EXIT.failed);
    }
  });
}
