import { expect, test } from '@jest/globals';
import { AnswerCache } from '../../shared/query/answer-cache.ts';

test('answers are shared for a time, failures are not, and the oldest answer makes room', async () => {
  let now = 0;
  let asked = 0;
  const cache = new AnswerCache<number>({ lifetimeMs: 10, maxEntries: 2 }, { now: () => now });
  const ask = async () => ++asked;
  expect([await cache.get('a', ask), await cache.get('a', ask)]).toEqual([1, 1]);
  now = 10;
  expect(await cache.get('a', ask)).toBe(2);
  await expect(cache.get('b', () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect([await cache.get('b', ask), await cache.get('c', ask), await cache.get('a', ask)]).toEqual([3, 4, 5]);
});

test('an answer that fails late leaves the one that has taken its place', async () => {
  let now = 0;
  const cache = new AnswerCache<string>({ lifetimeMs: 10, maxEntries: 2 }, { now: () => now });
  const { promise, reject } = Promise.withResolvers<string>();
  const late = cache.get('a', () => promise);
  now = 10;
  await cache.get('a', async () => 'new');
  reject(new Error('late'));
  await expect(late).rejects.toThrow('late');
  expect(await cache.get('a', async () => 'another')).toBe('new');
});
