import { describe, expect, test } from 'vitest';
import { aRun, aStamp, aStampedTable } from '../../test/support/builders.ts';
import { stampOn } from './wire-stamp.ts';

const tagged = (stamp: unknown, others: Readonly<Record<string, string>> = {}) =>
  aRun({
    tags: {
      'asof.stamp': typeof stamp === 'string' ? stamp : JSON.stringify(stamp),
      ...others,
    },
  });

test('a run without the tag carries no stamp', () => {
  expect(stampOn(aRun({ tags: { other: 'x' } }))).toBeUndefined();
});

test('fields that a later asof may add are passed over', () => {
  const stamp = aStamp();
  const table = { ...aStampedTable(), columnDigest: 'columns-v1:…' };
  expect(stampOn(tagged({ ...stamp, tables: [table], validation: {} }))).toEqual(stamp);
});

test('version 0 is read as a version', () => {
  const stamp = aStamp({ tables: [aStampedTable({ version: 0, rows: 0 })] });
  expect(stampOn(tagged(stamp))).toEqual(stamp);
});

describe('a stamp that was edited, or that a newer asof wrote, is not guessed at', () => {
  const { v: _, ...withoutVersion } = aStamp();
  const { at: __, ...withoutTime } = aStamp();
  const { id: ___, ...withoutId } = aStampedTable();

  test.each([
    { stamp: '', why: 'empty' },
    { stamp: '{"v":1', why: 'cut off' },
    { stamp: 'null', why: 'null' },
    { stamp: '[]', why: 'a list' },
    { stamp: '"stamp"', why: 'text' },
    { stamp: withoutVersion, why: 'without a version of its own' },
    { stamp: { ...aStamp(), v: 2 }, why: 'of a later form' },
    { stamp: { ...aStamp(), v: '1' }, why: 'of a form as text' },
    { stamp: withoutTime, why: 'without a time' },
    { stamp: { ...aStamp(), at: 'yesterday' }, why: 'with a time that is none' },
    { stamp: { ...aStamp(), tables: 'features' }, why: 'with tables that are text' },
    { stamp: { ...aStamp(), tables: [withoutId] }, why: 'with a table that has no id' },
    { stamp: { ...aStamp(), tables: [{ ...aStampedTable(), version: -1 }] }, why: 'below 0' },
    { stamp: { ...aStamp(), tables: [{ ...aStampedTable(), version: 1.5 }] }, why: 'at 1.5' },
    { stamp: { ...aStamp(), tables: [{ ...aStampedTable(), version: '47' }] }, why: 'at text' },
    { stamp: { ...aStamp(), tables: [{ ...aStampedTable(), version: null }] }, why: 'at null' },
    {
      stamp: { ...aStamp(), tables: [{ ...aStampedTable(), version: 2 ** 53 }] },
      why: 'at a version that a number can not hold',
    },
    {
      stamp: { ...aStamp(), tables: [{ ...aStampedTable(), read: { columns: [] } }] },
      why: 'of no columns',
    },
  ])('$why', ({ stamp }) => {
    const run = tagged(stamp);
    expect(() => stampOn(run)).toThrow(
      expect.objectContaining({
        code: 'STAMP_INVALID',
        details: { runId: run.id, problem: expect.stringContaining('asof.stamp') },
      }),
    );
  });

  const { tables: ____, ...head } = aStamp();

  test('a part is gone', () => {
    const part = JSON.stringify(aStampedTable({ alias: 'a' }));
    const run = tagged({ ...head, aliases: ['a', 'b'] }, { 'asof.table.a': part });
    expect(() => stampOn(run)).toThrow(
      expect.objectContaining({
        code: 'STAMP_INVALID',
        details: { runId: run.id, problem: expect.stringContaining('asof.table.b') },
      }),
    );
  });

  test('a part is not JSON', () => {
    const run = tagged({ ...head, aliases: ['a'] }, { 'asof.table.a': 'x' });
    expect(() => stampOn(run)).toThrow(
      expect.objectContaining({
        code: 'STAMP_INVALID',
        details: { runId: run.id, problem: expect.stringContaining('asof.table.a') },
      }),
    );
  });

  test('there are neither tables nor parts', () => {
    expect(() => stampOn(tagged(head))).toThrow(expect.objectContaining({ code: 'STAMP_INVALID' }));
  });
});
