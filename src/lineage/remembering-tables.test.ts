import { expect, test } from 'vitest';
import { LineageError } from '../base/errors.ts';
import type { DeltaTables } from '../delta/delta-table.ts';
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
