import type { Trail } from '@aws-sdk/client-cloudtrail';
import { commandLine } from '../shell.ts';
import type { Asker } from './stack.ts';

/** The command that changes settings of a trail. */
export function updateTrail(trail: Trail, asker: Asker, ...words: string[]): string {
  return `${trailCommand('update-trail', '--name', trail, asker)} ${words.map((word) => commandLine('', word).trim()).join(' ')}`;
}

/** A trail is changed in its home Region, by the account that it belongs to: of an organisation's trail, the management account. */
export function trailCommand(
  command: string,
  flag: string,
  { TrailARN, Name = '', HomeRegion }: Trail,
  asker: Asker,
): string {
  const line = commandLine(`aws cloudtrail ${command} --region`, HomeRegion ?? asker.region, flag, TrailARN ?? Name);
  const account = TrailARN?.split(':')[4] ?? asker.account;
  return account === asker.account ? line : `with credentials of account ${account}: ${line}`;
}
