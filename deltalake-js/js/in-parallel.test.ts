import { expect, test } from 'vitest';
import { inParallel } from './in-parallel.ts';

const soon = () => new Promise((resolve) => setTimeout(resolve));

test('no more than the limit run at once, and all run', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await inParallel([1, 2, 3, 4, 5], 2, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await soon();
    running -= 1;
    done.push(item);
  });
  expect(done).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test('after a failure nothing more is started', async () => {
  const started: number[] = [];
  const failing = inParallel([1, 2, 3, 4, 5, 6], 2, async (item) => {
    started.push(item);
    await soon();
    if (item === 1) throw new Error('broken');
  });
  await expect(failing).rejects.toThrow('broken');
  await soon();
  expect(started.length).toBeLessThan(6);
});
