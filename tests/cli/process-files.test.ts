import { afterEach, expect, jest, test } from '@jest/globals';
import { processFiles } from '../../cli/log-files/process-files.ts';
import { Tally } from '../../cli/log-files/tally.ts';

afterEach(() => {
  jest.useRealTimers();
});

test('a window ends within seconds, even while another file takes long', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'performance', 'queueMicrotask', 'setImmediate'] });
  const windows: string[][] = [];
  const { promise: slow, resolve: finish } = Promise.withResolvers<void>();
  const processing = processFiles(
    ['fast', 'slow'],
    async (key) => {
      if (key === 'slow') await slow;
      return [{ file: { bucket: 'logs', key, size: 1 }, result: { outcome: 'announced' } }];
    },
    {
      concurrency: 2,
      tally: new Tally(),
      endWindow(window) {
        windows.push(window.map(({ file }) => file.key));
        return window;
      },
    },
  );
  await jest.advanceTimersByTimeAsync(4_900);
  expect(windows).toEqual([]);
  await jest.advanceTimersByTimeAsync(200);
  expect(windows).toEqual([['fast']]);
  finish();
  await processing;
  expect(windows).toEqual([['fast'], ['slow']]);
});
