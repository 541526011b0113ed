import { expect, test } from 'vitest';
import { canonicalPath } from './commit-actions.ts';

test.each([
  ['/t/a.parquet', 'file:/t/a.parquet'],
  ['file:/t/a.parquet', 'file:/t/a.parquet'],
  ['file:///t/a.parquet', 'file:/t/a.parquet'],
  ['file:///t//x/../a.parquet', 'file:/t/a.parquet'],
  ['/../a', 'file:/../a'],
  ['a.parquet', 'a.parquet'],
  ['./p=1//a.parquet', 'p=1/a.parquet'],
  ['x/../../a', '../a'],
  ['p=1/a%20b', 'p=1/a%20b'],
  ['p=1/%c3%A9%2f%zz', 'p=1/%C3%A9%2F%zz'],
  ['p=..x/.a', 'p=..x/.a'],
  ['file://host/t/a', 'file://host/t/a'],
  ['s3://bucket/t//a', 's3://bucket/t//a'],
])('%s is the file %s', (path, canonical) => {
  expect(canonicalPath(path)).toBe(canonical);
});
