import { expect, test } from 'vitest';
import { writtenTable } from '../../../test/support/written-table.ts';

test('a text that begins with a byte order mark keeps it, also inside others', async () => {
  const mark = '\ufeff';
  const { rows } = await writtenTable(
    {
      short: 'string',
      long: 'string',
      list: { type: 'array', elementType: 'string', containsNull: true },
      map: { type: 'map', keyType: 'string', valueType: 'string', valueContainsNull: true },
      struct: {
        type: 'struct',
        fields: [{ name: 'a', type: 'string', nullable: true, metadata: {} }],
      },
    },
    [
      {
        sql: `SELECT m || 'a' AS short, m || repeat('long ', 20) AS long, [m] AS list, MAP {m: m} AS map, {a: m || m} AS struct
              FROM (SELECT chr(65279) AS m)`,
      },
    ],
  );
  expect(await rows()).toEqual([
    [`${mark}a`, mark + 'long '.repeat(20), [mark], [[mark, mark]], { a: mark + mark }],
  ]);
});
