import { expect, test } from 'vitest';
import { sparkDatasourceEvidence, sparkDatasourceTag } from './spark-datasource.ts';

const read = (...lines: readonly string[]) => {
  const { evidence, warnings } = sparkDatasourceEvidence({
    [sparkDatasourceTag]: lines.join('\n'),
  });
  return {
    tables: evidence.map(({ ref, version }) => [ref, version]),
    codes: warnings.map(({ code }) => code),
  };
};

test.each([
  { line: 'path=/data/t,version=3,format=delta', table: ['/data/t', 3], why: 'as MLflow has it' },
  { line: 'path=/data/t,version=0,format=delta', table: ['/data/t', 0], why: 'version 0' },
  { line: 'path=/a,b/t,version=3,format=delta', table: ['/a,b/t', 3], why: 'a comma in the path' },
  {
    line: 'path=/a,version=9,version=3,format=delta',
    table: ['/a,version=9', 3],
    why: 'a path that looks like a version',
  },
  { line: 'path=/data/t,format=delta', table: ['/data/t', undefined], why: 'no version' },
  { line: 'path=/data/t,version=None,format=delta', table: ['/data/t', undefined], why: 'None' },
])('a line names a table: $why', ({ line, table }) => {
  expect(read(line)).toEqual({ tables: [table], codes: [] });
});

test('other formats, blank lines and lines that came twice give none', () => {
  const line = 'path=/data/t,version=3,format=delta';
  expect(read('path=/data/csv,format=csv', '', line, line)).toEqual({
    tables: [['/data/t', 3]],
    codes: [],
  });
});

test('several versions of a table are as many reads', () => {
  const lines = [0, 3].map((version) => `path=/data/t,version=${version},format=delta`);
  expect(read(...lines).tables).toEqual([
    ['/data/t', 0],
    ['/data/t', 3],
  ]);
});

test.each([
  { last: 'path=/data/u,version=13...', why: 'with dots' },
  { last: 'path=/data/u,version=1', why: 'in the number' },
  { last: `path=/data/${'u'.repeat(7900)},version=13,format=de`, why: 'in the format' },
])('a line that was cut is dropped, and that is said: $why', ({ last }) => {
  const first = 'path=/data/t,version=3,format=delta';
  const filling = 8000 - first.length - 1 - last.length;
  const cut = last.length > 100 ? last.replace('u', 'u'.repeat(filling + 1)) : last;
  expect(read(first, cut)).toEqual({ tables: [['/data/t', 3]], codes: ['TAG_TRUNCATED'] });
});
