import { expect, test } from 'vitest';
import { logBatches } from './log-batches.ts';

const many = (count: number, value = 'x') =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));

test('what fits goes in one request', () => {
  const batches = logBatches({ params: { a: '1' }, tags: { t: 'x' }, metrics: { m: 2 } }, [], 7);
  expect(batches).toEqual([
    {
      params: [{ key: 'a', value: '1' }],
      tags: [{ key: 't', value: 'x' }],
      metrics: [{ key: 'm', value: 2, timestamp: 7, step: 0 }],
    },
  ]);
});

test('nothing is no request', () => {
  expect(logBatches({ params: {}, inputs: [] }, [], 7)).toEqual([]);
});

test('no request has more than 100 params, 100 tags and 1000 metrics, and none is lost', () => {
  const metrics = Object.fromEntries(Object.keys(many(1001)).map((key) => [key, 1]));
  const batches = logBatches({ params: many(201), tags: many(100), metrics }, [], 7);
  expect(batches.map(({ params }) => params.length)).toEqual([100, 100, 1]);
  expect(batches.map(({ tags }) => tags.length)).toEqual([100, 0, 0]);
  expect(batches.map((batch) => batch.metrics.length)).toEqual([1000, 1, 0]);
  const keys = batches.flatMap(({ params }) => params.map(({ key }) => key));
  expect(keys).toEqual(Object.keys(many(201)));
});

test('long values are spread over more requests', () => {
  const batches = logBatches({ tags: many(100, 'x'.repeat(8000)) }, [], 7);
  for (const { tags } of batches) expect(JSON.stringify(tags).length).toBeLessThan(300_000);
  expect(batches.flatMap(({ tags }) => tags)).toHaveLength(100);
});

test('numbers that JSON does not have are sent as text', () => {
  const [batch] = logBatches({ metrics: { a: NaN, b: Infinity, c: -Infinity } }, [], 7);
  expect(batch?.metrics.map(({ value }) => value)).toEqual(['NaN', 'Infinity', '-Infinity']);
});

test('a metric goes behind the last point of its name, so that it is the one that shows', () => {
  const last = { key: 'm', value: 9, timestamp: 100, step: 5 };
  const at = (now: number) => logBatches({ metrics: { m: 1 } }, [last], now)[0]?.metrics[0];
  expect(at(50)).toEqual({ key: 'm', value: 1, timestamp: 101, step: 5 });
  expect(at(200)).toEqual({ key: 'm', value: 1, timestamp: 200, step: 5 });
});
