import { expect, test } from 'vitest';
import { aVector } from '../../test/support/builders.ts';
import { liveRows, numRecords } from './file-stats.ts';

test.each([
  { stats: '{"numRecords":0}', rows: 0, why: 'a file may be empty' },
  {
    stats: '{"numRecords":12,"minValues":{"a":1}}',
    rows: 12,
    why: 'other statistics do not matter',
  },
])('rows are counted: $why', ({ stats, rows }) => {
  expect(numRecords(stats)).toBe(rows);
});

test.each([
  { stats: undefined, why: 'there are no statistics' },
  { stats: '', why: 'they are empty' },
  { stats: '{"minValues":{}}', why: 'they have no count' },
  { stats: '{"numRecords":1', why: 'they are cut off' },
  { stats: '{"numRecords":"12"}', why: 'the count is text' },
  { stats: '{"numRecords":1.5}', why: 'the count is half a row' },
  { stats: 'null', why: 'they are null' },
])('rows are not known where $why', ({ stats }) => {
  expect(numRecords(stats)).toBeUndefined();
});

test('rows that a deletion vector takes away do not count', () => {
  const stats = '{"numRecords":12}';
  expect(liveRows({ stats, deletionVector: aVector({ cardinality: 5 }) })).toBe(7);
  expect(liveRows({ stats })).toBe(12);
  expect(liveRows({ deletionVector: aVector() })).toBeUndefined();
});
