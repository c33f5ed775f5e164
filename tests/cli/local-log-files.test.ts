import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LocalLogFile, walkLogFiles } from '../../cli/replay/local-log-files.ts';
import { readObjectKey } from '../../shared/cloudtrail/object-key.ts';

const NAME = '111122223333_CloudTrail_eu-west-1_20261102T0920Z_abcdefghijklmnop.json.gz';
const BELOW = '111122223333/CloudTrail/eu-west-1/2026/11/02';

/** One log file each, as it is found after a download. */
const DOWNLOADED = [
  `whole/AWSLogs/${BELOW}/${NAME}`,
  `organization/o-abc123/${BELOW}/${NAME}`,
  `windows/AWSLogs\\${BELOW.replaceAll('/', '\\')}\\${NAME}`,
  `flat/${NAME}`,
  `flat/${NAME.replace('.gz', '')}`,
  `flat/${NAME.replace('.json.gz', ' (1).json.gz')}`,
  `flat/${NAME.replace('.gz', '(2).gz')}`,
  `flat/${NAME} (3)`,
  `flat/${NAME}.4`,
  `flat/${NAME.replace('.json', '')}`,
  `flat/${NAME.replace('.json.gz', '')}`,
  `flat/${NAME.replace('.json.gz', '.JSON.GZ')}`,
  `flat/Copy of ${NAME}`,
  `${BELOW}/${NAME} (1)`,
];

/** Not yet whole, or something else. */
const OTHERS = [
  `flat/${NAME}.6eF3a2B1`,
  `flat/${NAME}.crdownload`,
  `flat/${NAME}.part`,
  'flat/notes.txt',
  'flat/.DS_Store',
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mwaa-trail-'));
  for (const name of [...DOWNLOADED, ...OTHERS]) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), '{"Records":[]}');
  }
});
afterAll(() => rm(folder, { recursive: true }));

test('log files are found below a folder under every name that a download gives them, and told by it', async () => {
  const files: LocalLogFile[] = [];
  for await (const found of walkLogFiles([folder])) {
    if ('problem' in found) throw new Error(`${found.path}: ${found.problem}`);
    files.push(found);
  }
  expect(files.map(({ path }) => path).sort()).toEqual(DOWNLOADED.map((name) => join(folder, name)).sort());
  for (const { key } of files) {
    expect(readObjectKey(key)).toEqual({
      account: '111122223333',
      region: 'eu-west-1',
      deliveryDay: '2026-11-02',
      deliveredAt: '2026-11-02T09:20:00.000Z',
    });
  }
  expect(new Set(files.map(({ key }) => key)).size).toBe(files.length);
});
