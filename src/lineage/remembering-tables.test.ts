import { expect, test } from 'vitest';
import { fakeTable, fakeTables } from '../../test/support/fake-tables.ts';
import { LineageError } from '../base/errors.ts';
import type { DeltaTable, DeltaTables } from '../delta/delta-table.ts';
import { parseTableName } from '../delta/table-ref.ts';
import { rememberingTables } from './remembering-tables.ts';

test('that a name leads to no table is asked once, and said each time', () => {
  let asked = 0;
  const none: DeltaTables = {
    open({ text }) {
      asked += 1;
      throw new LineageError('TABLE_NAME_UNKNOWN', { name: text, closest: undefined });
    },
  };
  const tables = rememberingTables(none);
  for (const name of ['a.t', 'a.t', 'b.t', 'a.t']) {
    expect(() => tables.open(parseTableName(name))).toThrow(
      expect.objectContaining({ code: 'TABLE_NAME_UNKNOWN', details: { name } }),
    );
  }
  expect(asked).toBe(2);
});

test('a history is read once, as far as somebody went', async () => {
  const table = fakeTable();
  let read = 0;
  const counted: DeltaTable = {
    ...table,
    history: {
      ...table.history,
      async *commits() {
        for await (const commit of table.history.commits()) {
          read += 1;
          yield commit;
        }
      },
    },
  };
  const { history } = rememberingTables(fakeTables(counted)).open(
    parseTableName('analytics.features'),
  );
  const versions = async (limit?: number) => {
    const found: number[] = [];
    for await (const { version } of history.commits(limit === undefined ? {} : { limit })) {
      found.push(version);
    }
    return found;
  };
  expect(await versions(1)).toEqual([2]);
  const instant = Date.parse('2026-03-02T12:00:00Z');
  expect(await history.resolve({ kind: 'instant', instant })).toMatchObject({ version: 1 });
  expect(read).toBe(2);
  expect(await Promise.all([versions(), versions(0), versions(2), versions()])).toEqual([
    [2, 1, 0],
    [],
    [2, 1],
    [2, 1, 0],
  ]);
  expect(read).toBe(3);
});

test('a history that can not be read fails for everybody who asks', async () => {
  const failure = new LineageError('TABLE_NAME_UNKNOWN', { name: 't', closest: undefined });
  const tables = rememberingTables(fakeTables(fakeTable({ failure })));
  const { history } = tables.open(parseTableName('analytics.features'));
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(history.commits()[Symbol.asyncIterator]().next()).rejects.toBe(failure);
  }
});
