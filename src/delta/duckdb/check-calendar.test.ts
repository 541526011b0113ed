import { expect, test } from 'vitest';
import { type NewFile, writtenTable } from '../../../test/support/written-table.ts';

const struct = (type: unknown) => ({
  type: 'struct',
  fields: [{ name: 'a', type, nullable: true, metadata: {} }],
});
const columns = {
  day: 'date',
  at: 'timestamp',
  list: { type: 'array', elementType: struct('date'), containsNull: true },
  map: { type: 'map', keyType: 'string', valueType: 'timestamp', valueContainsNull: true },
};

/** One row; what is not given is recent or null. */
const file = (
  values: Readonly<Record<string, string>>,
  notes: Readonly<Record<string, string>>,
): NewFile => ({
  sql: `SELECT ${values['day'] ?? "DATE '2020-01-01'"} AS day, ${values['at'] ?? "TIMESTAMPTZ '1900-01-01 00:00:00+00'"} AS at,
    ${values['list'] ?? 'NULL'}::STRUCT(a DATE)[] AS list, ${values['map'] ?? 'NULL'}::MAP(VARCHAR, TIMESTAMPTZ) AS map`,
  notes,
});
const today = { 'org.apache.spark.version': '4.2.0' };
const old: readonly Readonly<Record<string, string>>[] = [
  { day: "DATE '0001-01-01'" },
  { day: "DATE '1582-10-14'" },
  { at: "TIMESTAMPTZ '1899-12-31 23:59:59+00'" },
  { list: "[NULL, {a: NULL}, {a: DATE '1500-01-01'}]" },
  { map: "MAP {'a': NULL, 'b': TIMESTAMPTZ '1800-01-01 00:00:00+00'}" },
];

test.each([
  { 'org.apache.spark.version': '2.4.8' },
  { 'org.apache.spark.version': '3.0.1' },
  { ...today, 'org.apache.spark.legacyDateTime': '' },
  { ...today, 'org.apache.spark.legacyINT96': '', 'org.apache.spark.timeZone': 'UTC' },
])('old dates of a file that notes the Julian calendar are refused: %o', async (notes) => {
  for (const values of old) {
    const { rows } = await writtenTable(columns, [file({}, today), file(values, notes)]);
    await expect(rows()).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
      details: { features: [expect.stringContaining('Julian')] },
    });
  }
});

test("they are read where the calendar is today's, and recent ones in any", async () => {
  for (const values of old) {
    const { rows } = await writtenTable(columns, [file(values, today), file(values, {})]);
    expect(await rows()).toHaveLength(2);
  }
  const julian = { ...today, 'org.apache.spark.legacyDateTime': '' };
  const { rows } = await writtenTable(columns, [file({ day: "DATE '1582-10-15'" }, julian)]);
  expect(await rows()).toHaveLength(1);
});
