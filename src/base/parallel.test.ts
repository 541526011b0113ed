import { expect, test } from 'vitest';
import { mapParallel } from './parallel.ts';

/** Work whose end the test decides. */
function controlled() {
  const pending = new Map<number, { resolve: () => void; reject: (reason: Error) => void }>();
  const started: number[] = [];
  let mostAtOnce = 0;
  return {
    started,
    finish: (item: number) => pending.get(item)?.resolve(),
    fail: (item: number, reason: Error) => pending.get(item)?.reject(reason),
    mostAtOnce: () => mostAtOnce,
    async map(item: number): Promise<string> {
      started.push(item);
      await new Promise<void>((resolve, reject) => {
        pending.set(item, { resolve, reject });
        mostAtOnce = Math.max(mostAtOnce, pending.size);
      }).finally(() => pending.delete(item));
      return `#${item}`;
    },
  };
}

/** Lets all that can go on go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('results come in the order of the items, whichever ended first', async () => {
  const work = controlled();
  const all = mapParallel([1, 2, 3], 3, work.map);
  for (const item of [3, 1, 2]) {
    work.finish(item);
    await settled();
  }
  expect(await all).toEqual(['#1', '#2', '#3']);
});

test('the index of an item comes with it', async () => {
  expect(await mapParallel(['a', 'b'], 2, async (item, index) => `${index}${item}`)).toEqual([
    '0a',
    '1b',
  ]);
});

test('no more than the limit run at once, and the next starts when one ends', async () => {
  const work = controlled();
  const all = mapParallel([1, 2, 3, 4, 5], 2, work.map);
  expect(work.started).toEqual([1, 2]);
  work.finish(2);
  await settled();
  expect(work.started).toEqual([1, 2, 3]);
  for (const item of [1, 3, 4, 5]) {
    work.finish(item);
    await settled();
  }
  await all;
  expect(work.mostAtOnce()).toBe(2);
});

test('of no items nothing is made, and nothing called', async () => {
  const work = controlled();
  expect(await mapParallel([], 4, work.map)).toEqual([]);
  expect(work.started).toEqual([]);
});

test('the first failure is thrown, and nothing more is started', async () => {
  const work = controlled();
  const failure = new Error('the second');
  const all = mapParallel([1, 2, 3, 4], 2, work.map);
  work.fail(2, failure);
  await expect(all).rejects.toBe(failure);
  work.finish(1);
  await settled();
  expect(work.started).toEqual([1, 2]);
});

test('an abort stops the start of further items and gives its reason', async () => {
  const work = controlled();
  const abort = new AbortController();
  const all = mapParallel([1, 2], 1, work.map, { signal: abort.signal });
  abort.abort(new Error('enough'));
  work.finish(1);
  await expect(all).rejects.toThrow('enough');
  expect(work.started).toEqual([1]);
});
