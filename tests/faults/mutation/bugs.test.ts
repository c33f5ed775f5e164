import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ROOT } from '../../support/cli.ts';
import { ALERT_BUGS } from './alert-bugs.ts';
import { BUGS } from './bugs.ts';
import { EVENT_BUGS } from './event-bugs.ts';

test.each([...BUGS, ...EVENT_BUGS, ...ALERT_BUGS])('can be planted: $name', ({ file, find }) => {
  const parts = readFileSync(join(ROOT, file), 'utf8').split(find);
  expect(parts).toHaveLength(2);
});
