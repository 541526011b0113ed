import { describe, expect, test } from 'vitest';
import { writtenTable } from '../../../test/support/written-table.ts';
import type { DeltaType } from '../schema.ts';
import { mayHoldOldTimes, timesIn } from './old-times.ts';

const primitive = (name: 'date' | 'timestamp' | 'timestamp_ntz' | 'string'): DeltaType => ({
  kind: 'primitive',
  name,
});
const field = (name: string, type: DeltaType) => ({ name, type, nullable: true, metadata: {} });

test('dates and times are counted at any depth', () => {
  const struct: DeltaType = { kind: 'struct', fields: [field('x', primitive('date'))] };
  expect(
    timesIn([
      field('a', primitive('date')),
      field('b', primitive('string')),
      field('c', primitive('timestamp_ntz')),
      field('d', { kind: 'array', element: struct }),
      field('e', { kind: 'map', key: primitive('timestamp'), value: struct }),
    ]),
  ).toBe(4);
});

describe('a file may hold old times', () => {
  test.each([
    { stats: undefined, times: 0, may: false, why: 'it has no time' },
    { stats: undefined, times: 1, may: true, why: 'nothing is said of it' },
    { stats: '{', times: 1, may: true, why: 'what is said is damaged' },
    { stats: '{"numRecords":1}', times: 1, may: true, why: 'no minimum is said' },
    { stats: '{"minValues":{"a":"1901-01-01","s":"x"}}', times: 1, may: false, why: 'it is later' },
    { stats: '{"minValues":{"a":"1900-12-31T23:00:00.000Z"}}', times: 1, may: true, why: 'it is' },
    { stats: '{"minValues":{"a":"-0001-01-01"}}', times: 1, may: true, why: 'it is before Christ' },
    {
      stats: '{"minValues":{"a":"2026-01-31"}}',
      times: 2,
      may: true,
      why: 'of one nothing is said',
    },
    {
      stats: '{"minValues":{"a":"2026-01-31","s":{"b":"2026-01-31T00:00:00.000Z"}}}',
      times: 2,
      may: false,
      why: 'all are later',
    },
  ])('where $why: $may', ({ stats, times, may }) => {
    expect(mayHoldOldTimes(stats, times)).toBe(may);
  });
});

describe('a file in the calendar of Spark 2', () => {
  const sql = "SELECT DATE '1500-01-01' AS d, 1::BIGINT AS n";
  const legacy = "KV_METADATA {'org.apache.spark.legacyDateTime': ''}";

  test('is refused', async () => {
    const table = await writtenTable({ d: 'date', n: 'long' }, [{ sql }, { sql, copy: legacy }]);
    await expect(table.rows()).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED' });
    // The other column is no matter of calendars.
    expect(await table.rows({ selection: { columns: ['n'] } })).toEqual([[1n], [1n]]);
  });

  test('is read where the log says that its times are later', async () => {
    const table = await writtenTable({ d: 'date' }, [
      { sql: "SELECT DATE '2026-01-31' AS d", copy: legacy, minValues: { d: '2026-01-31' } },
    ]);
    expect(await table.rows()).toEqual([[20_484]]);
  });

  test.each([
    { sql: "SELECT DATE '1901-01-01' AS d, '1500-01-01' AS s", may: true },
    { sql: "SELECT NULL::DATE AS d, '1500-01-01' AS s", may: true },
    { sql: "SELECT DATE '0044-03-15 (BC)' AS d, '' AS s", may: false },
    { sql: "SELECT DATE '1900-12-31' AS d, '' AS s", may: false },
  ])('is read where none of its times is so early: $sql', async ({ sql: own, may }) => {
    const table = await writtenTable({ d: 'date', s: 'string' }, [{ sql: own, copy: legacy }]);
    if (may) expect((await table.rows()).length).toBe(1);
    else await expect(table.rows()).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED' });
  });

  test('is refused for times inside of others', async () => {
    const type = { type: 'array', elementType: 'timestamp', containsNull: true };
    const table = await writtenTable({ l: type }, [
      { sql: "SELECT [NULL, TIMESTAMPTZ '1850-01-01 00:00:00Z'] AS l", copy: legacy },
    ]);
    await expect(table.rows()).rejects.toMatchObject({ code: 'FEATURE_UNSUPPORTED' });
  });

  test('is no matter in another calendar', async () => {
    const table = await writtenTable({ d: 'date' }, [{ sql: "SELECT DATE '1500-01-01' AS d" }]);
    expect(await table.rows()).toEqual([[-171_664]]);
  });
});
