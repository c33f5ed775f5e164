import type { styleText } from 'node:util';
import type { UserAliases } from '../query/user-aliases.ts';
import type { TimeStyle } from './times.ts';

/** How output is shown: on a terminal of some width, or in a stream without one. */
export interface View {
  /** Columns of the terminal; absent: nothing is cut or left out. */
  width?: number;
  colour: boolean;
  times: TimeStyle;
  /** Names to show in place of user IDs; absent: none. */
  aliases?: UserAliases;
}

/** As `util.styleText` names it. */
export type Style = Parameters<typeof styleText>[0];
