import { expect, test } from 'vitest';
import { aRun, aStampedTable, tableId } from '../../test/support/builders.ts';
import { fakeTable, fakeTables } from '../../test/support/fake-tables.ts';
import type { Evidence } from './evidence.ts';
import { groupByTable } from './group-evidence.ts';

const anEvidence = (where: string, fields: Partial<Evidence> = {}): Evidence => ({
  kind: 'dataset-input',
  where,
  ref: 'analytics.features',
  version: 1,
  ...fields,
});
const aStamped = (where: string, fields: Parameters<typeof aStampedTable>[0]): Evidence => {
  const stamped = aStampedTable(fields);
  const { alias, ref, location, id, version } = stamped;
  return { kind: 'stamp', where, alias, ref, location, id, version, stamped };
};

const tables = fakeTables(fakeTable({ name: 'analytics.features', location: '/tables/features' }));
const grouped = (...evidence: readonly Evidence[]) =>
  groupByTable(evidence, tables).map((group) => group.map(({ where }) => where));

test.each([
  { one: {}, other: {}, why: 'the same name' },
  { one: {}, other: { ref: 'Analytics.FEATURES' }, why: 'the same name in another letter case' },
  { one: { ref: '`analytics`.features' }, other: {}, why: 'the same name with backquotes' },
  { one: {}, other: { ref: '/tables/features' }, why: 'the location that is known for the name' },
  { one: { ref: '/a' }, other: { ref: '/a' }, why: 'the same location' },
  {
    one: { ref: 'x.y', location: '/a' },
    other: { ref: '/a' },
    why: 'the location recorded for it',
  },
  { one: { ref: 'x.y', id: tableId }, other: { ref: '/a', id: tableId }, why: 'the same table id' },
])('$why is the same table', ({ one, other }) => {
  expect(grouped(anEvidence('one', one), anEvidence('other', other))).toEqual([['one', 'other']]);
});

test.each([
  { one: {}, other: { ref: 'analytics.labels' }, why: 'another name' },
  { one: { ref: '/a' }, other: { ref: '/b' }, why: 'another location' },
  { one: { ref: '/data/A' }, other: { ref: '/data/a' }, why: 'a location in another letter case' },
  { one: { ref: '/a', id: 'x' }, other: { ref: '/b', id: 'y' }, why: 'another id' },
])('$why is another table', ({ one, other }) => {
  expect(grouped(anEvidence('one', one), anEvidence('other', other))).toEqual([['one'], ['other']]);
});

test('tables come in the order of their strongest evidence, and so does what is in each', () => {
  expect(
    grouped(
      anEvidence('b1', { ref: 'x.b' }),
      anEvidence('a1', { ref: 'x.a' }),
      anEvidence('b2', { ref: 'x.b' }),
      anEvidence('a2', { ref: 'x.a' }),
    ),
  ).toEqual([
    ['b1', 'b2'],
    ['a1', 'a2'],
  ]);
});

test('what turns out to be the same table later is put together', () => {
  expect(
    grouped(
      anEvidence('by name', { ref: 'x.y' }),
      anEvidence('by id', { ref: '/a', id: tableId }),
      anEvidence('by both', { ref: 'x.y', id: tableId }),
    ),
  ).toEqual([['by name', 'by id', 'by both']]);
});

test('and the strongest is still first', () => {
  expect(
    grouped(
      anEvidence('input by name', { ref: 'x.y' }),
      anEvidence('input by id', { ref: '/a', id: tableId }),
      anEvidence('param', { kind: 'param', ref: 'x.y' }),
      anEvidence('param by both', { kind: 'param', ref: 'x.y', id: tableId }),
    ),
  ).toEqual([['input by name', 'input by id', 'param', 'param by both']]);
});

test('one table stamped under two aliases stays two, and each gets what is about its version', () => {
  expect(
    grouped(
      aStamped('train stamp', { alias: 'train', version: 1 }),
      aStamped('test stamp', { alias: 'test', version: 2 }),
      anEvidence('input v1', { version: 1 }),
      anEvidence('input v2', { version: 2 }),
      anEvidence('param test', { kind: 'param', alias: 'test', version: 2 }),
      anEvidence('param feature', { kind: 'param', version: 1 }),
    ),
  ).toEqual([
    ['train stamp', 'input v1', 'param feature'],
    ['test stamp', 'input v2', 'param test'],
  ]);
});

test('what disagrees with a stamp goes with the alias that it names', () => {
  expect(
    grouped(
      aStamped('train stamp', { alias: 'train', version: 1 }),
      aStamped('test stamp', { alias: 'test', version: 2 }),
      anEvidence('param test', { kind: 'param', alias: 'test', version: 7 }),
    ),
  ).toEqual([['train stamp'], ['test stamp', 'param test']]);
});

test('the same stamp on each run of a sweep is one use; another alias, version or table id is another', () => {
  const of = aRun();
  expect(
    grouped(
      { ...aStamped('one', {}), of },
      { ...aStamped('two', {}), of },
      { ...aStamped('of rows', { read: { where: 'x > 1' } }), of },
      { ...aStamped('of an alias', { alias: 'labels' }), of },
      { ...aStamped('of a version', { version: 48 }), of },
      { ...aStamped('of another table', { id: 'other' }), of },
      { ...aStamped('three', {}), of },
    ),
  ).toEqual([
    ['one', 'two', 'three'],
    ['of rows'],
    ['of an alias'],
    ['of a version'],
    ['of another table'],
  ]);
});

test('what was stamped after the fact on runs of a sweep disagrees as their other records do', () => {
  const of = aRun();
  const backfilled = { certainty: 'recorded', confidence: 0.8, why: 'a param' } as const;
  expect(
    grouped(
      { ...aStamped('one', { version: 1, backfilled }), of },
      { ...aStamped('two', { version: 2, backfilled }), of },
    ),
  ).toEqual([['one', 'two']]);
});

test('a name that can not be looked up is a name all the same', () => {
  expect(grouped(anEvidence('one', { ref: 'a..b' }), anEvidence('other', { ref: 'a..b' }))).toEqual(
    [['one', 'other']],
  );
});
