import { displayText } from '../../../../shared/render/display.ts';

/** `111122223333, eu-west-1` */
export function placeText({ accountId, region }: { accountId?: string; region?: string }): string {
  return displayText(`${accountId ?? 'no account'}, ${region ?? 'no Region'}`);
}
