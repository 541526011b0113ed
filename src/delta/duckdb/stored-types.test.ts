import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { writtenTable } from '../../../test/support/written-table.ts';

const struct = (members: Readonly<Record<string, unknown>>) => ({
  type: 'struct',
  fields: Object.entries(members).map(([name, type]) => ({
    name,
    type,
    nullable: true,
    metadata: {},
  })),
});
const array = (elementType: unknown) => ({ type: 'array', elementType, containsNull: true });
const map = (keyType: unknown, valueType: unknown) => ({
  type: 'map',
  keyType,
  valueType,
  valueContainsNull: true,
});

describe('a file that holds a column as another type', () => {
  const cases = [
    { type: 'integer', sql: '1.5::DOUBLE', is: 'DOUBLE' },
    { type: 'integer', sql: "'1'", is: 'VARCHAR' },
    { type: 'double', sql: '1::BIGINT', is: 'BIGINT' },
    { type: 'double', sql: '1.5::DECIMAL(2,1)', is: 'DECIMAL(2,1)' },
    { type: 'float', sql: '1.5::DOUBLE', is: 'DOUBLE' },
    { type: 'decimal(10,1)', sql: '1.25::DECIMAL(10,2)', is: 'DECIMAL(10,2)' },
    { type: 'decimal(10,1)', sql: '1.5::FLOAT', is: 'FLOAT' },
    { type: 'string', sql: '1', is: 'INTEGER' },
    { type: 'string', sql: "encode('é')", is: 'BLOB' },
    { type: 'binary', sql: "'\\x41'", is: 'VARCHAR' },
    { type: 'boolean', sql: '1', is: 'INTEGER' },
    { type: 'date', sql: "TIMESTAMP '2026-01-31 12:00:00'", is: 'TIMESTAMP' },
    { type: 'timestamp', sql: "TIMESTAMP_NS '2026-01-31 12:00:00.123456789'", is: 'TIMESTAMP_NS' },
    { type: 'timestamp_ntz', sql: "TIMESTAMPTZ '2026-01-31 12:00:00Z'", is: 'TIMESTAMP WITH TIME' },
    { type: array('integer'), sql: '[1.5::DOUBLE]', is: 'a.element is DOUBLE' },
    { type: array('integer'), sql: '1', is: 'INTEGER' },
    { type: map('integer', 'long'), sql: "MAP {'1': 2::BIGINT}", is: 'a.key is VARCHAR' },
    { type: map('integer', 'long'), sql: 'MAP {1: 2.5::FLOAT}', is: 'a.value is FLOAT' },
    { type: struct({ b: 'long' }), sql: '{b: 1.5::FLOAT}', is: 'a.b is FLOAT' },
    { type: struct({ b: 'long' }), sql: '[1]', is: 'INTEGER[]' },
  ];
  test.each(cases)('is refused where it would change: $is', async ({ type, sql, is }) => {
    const table = await writtenTable({ n: 'integer', a: type }, [
      { sql: `SELECT 1 AS n, ${sql} AS a` },
    ]);
    await expect(table.rows()).rejects.toMatchObject({
      code: 'FILE_DAMAGED',
      details: { problem: expect.stringContaining(is) },
    });
    // The other column is what the table says.
    expect(await table.rows({ selection: { columns: ['n'] } })).toEqual([[1]]);
  });

  test('is refused wherever among the files it is', async () => {
    const files = Array.from({ length: 300 }, (_, index) => ({
      sql: `SELECT ${index === 290 ? '1.5::DOUBLE' : index} AS a`,
    }));
    const table = await writtenTable({ a: 'integer' }, files);
    await expect(table.rows()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  });

  test.each([
    { type: 'long', sql: '7::TINYINT', value: 7n },
    { type: 'byte', sql: '7::INTEGER', value: 7 },
    { type: 'double', sql: '7::INTEGER', value: 7 },
    { type: 'double', sql: '1.5::FLOAT', value: 1.5 },
    { type: 'decimal(12,3)', sql: '1.25::DECIMAL(5,2)', value: '1.250' },
    { type: 'decimal(12,3)', sql: '7::BIGINT', value: '7.000' },
    { type: 'timestamp_ntz', sql: "DATE '1970-01-02'", value: 86_400_000_000n },
    { type: array('long'), sql: '[7::SMALLINT, NULL]', value: [7n, null] },
    { type: map('long', 'double'), sql: 'MAP {7::SMALLINT: 1.5::FLOAT}', value: [[7n, 1.5]] },
    { type: struct({ b: 'long' }), sql: '{b: 7::SMALLINT}', value: { b: 7n } },
  ])('is read where every value stays: $sql as $type', async ({ type, sql, value }) => {
    const table = await writtenTable({ a: type }, [{ sql: `SELECT ${sql} AS a` }]);
    expect(await table.rows()).toEqual([[value]]);
  });

  test('is damaged where a value does not fit', async () => {
    const table = await writtenTable({ a: 'byte' }, [{ sql: 'SELECT 700::INTEGER AS a' }]);
    await expect(table.rows()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
  });
});

describe('a struct of which a file has no member', () => {
  const table = () =>
    writtenTable({ a: struct({ b: 'long' }), l: array(struct({ b: 'long' })) }, [
      { sql: 'SELECT {c: 1} AS a, [{d: 1}, NULL] AS l UNION ALL SELECT NULL, NULL' },
      { sql: "SELECT {c: 'other type', b: 2::BIGINT} AS a, [{b: 2::BIGINT}] AS l" },
    ]);

  test('is a struct of nulls, and null only where it is null', async () => {
    expect(await (await table()).rows()).toEqual([
      [{ b: null }, [{ b: null }, null]],
      [null, null],
      [{ b: 2n }, [{ b: 2n }]],
    ]);
  });
});

test('a struct of nothing but void is a struct of nulls', async () => {
  const table = await writtenTable(
    { n: 'long', a: struct({ v: 'void' }), b: struct({ v: 'void' }) },
    [{ sql: 'SELECT 1::BIGINT AS n, {w: 1} AS b' }],
  );
  expect(await table.rows()).toEqual([[1n, null, { v: null }]]);
});

test('names that DuckDB or asof use themselves are names like others', async () => {
  const names = ['file_row_number', 'file_index', 'filename', 'rowid', 'asof_p', 'c0', 'p0', 'x0'];
  const row = (first: number) => names.map((_, index) => BigInt(first + index));
  const sql = (first: number) =>
    `SELECT ${names.map((name, index) => `${first + index}::BIGINT AS "${name}"`).join(', ')}`;
  const table = await writtenTable(
    Object.fromEntries([...names, 'part'].map((name) => [name, 'long'])),
    [
      { sql: `${sql(100)} UNION ALL ${sql(200)}`, partitionValues: { part: '1' }, deleted: [0] },
      { sql: sql(300), partitionValues: { part: '2' } },
    ],
    { partitionColumns: ['part'] },
  );
  expect(await table.rows()).toEqual([
    [...row(200), 1n],
    [...row(300), 2n],
  ]);
});

test('columns are found whatever the case of their letters in a file', async () => {
  const table = await writtenTable({ id: 'long', s: struct({ name: 'string' }) }, [
    { sql: "SELECT 1::BIGINT AS ID, {Name: 'a'} AS S" },
    { sql: "SELECT 2::BIGINT AS id, {name: 'b'} AS s" },
  ]);
  expect(await table.rows()).toEqual([
    [1n, { name: 'a' }],
    [2n, { name: 'b' }],
  ]);
});

test.each([
  { sql: 'SELECT 1::BIGINT AS "É"', name: 'é is É' },
  { sql: 'SELECT {n: 1::BIGINT, "É": 2::BIGINT} AS s', name: 's.é is É' },
  { sql: 'SELECT [{"É": 2::BIGINT}] AS l', name: 'l.element.é is É' },
])('but letters beyond ASCII in another case are refused by name: $name', async ({ sql, name }) => {
  const columns = {
    é: 'long',
    s: struct({ n: 'long', é: 'long' }),
    l: array(struct({ é: 'long' })),
  };
  const { rows } = await writtenTable(columns, [{ sql }]);
  await expect(rows()).rejects.toMatchObject({
    code: 'FEATURE_UNSUPPORTED',
    details: { features: [expect.stringContaining(`: ${name} in `)] },
  });
});

test.each([
  { sql: 'SELECT 1::BIGINT AS twin, 2::BIGINT AS tw1n, NULL AS s, NULL AS l', twice: 'twin' },
  { sql: 'SELECT {twin: 1::BIGINT, tw1n: 2::BIGINT} AS s', twice: 's.twin' },
  { sql: 'SELECT [{x: {twin: 1::BIGINT, tw1n: 2::BIGINT}}] AS l', twice: 'l.element.x.twin' },
])('a file in which one name stands for two is refused: $twice', async ({ sql, twice }) => {
  const inner = struct({ twin: 'long' });
  const columns = { twin: 'long', s: inner, l: array(struct({ x: inner })) };
  const { folder, rows } = await writtenTable(columns, [{ sql, path: 'f.parquet' }]);
  // DuckDB writes no such file.
  const written = await readFile(join(folder, 'f.parquet'), 'latin1');
  await writeFile(join(folder, 'f.parquet'), written.replaceAll('tw1n', 'Twin'), 'latin1');
  await expect(rows()).rejects.toMatchObject({
    code: 'FILE_DAMAGED',
    details: { problem: expect.stringContaining(`, ${twice} is there twice`) },
  });
});

test.each([
  { type: 'timestamp', sql: "TIMESTAMPTZ '2026-01-31 12:00:00Z'" },
  { type: array('timestamp'), sql: "[TIMESTAMPTZ '2026-01-31 12:00:00Z']" },
])('times with a zone in nanoseconds are refused, also inside others: $sql', async (column) => {
  const { folder, rows } = await writtenTable({ a: column.type }, [
    { sql: `SELECT ${column.sql} AS a`, path: 'f.parquet' },
  ]);
  expect(await rows()).toHaveLength(1);
  // DuckDB writes no such file: the unit of a time that is of UTC is 2 for microseconds, 3 for nanoseconds.
  const written = await readFile(join(folder, 'f.parquet'), 'latin1');
  const [micros, nanos] = ['\x11\x1c\x2c\0', '\x11\x1c\x3c\0'];
  await writeFile(join(folder, 'f.parquet'), written.replace(micros, nanos), 'latin1');
  await expect(rows()).rejects.toMatchObject({
    code: 'FILE_DAMAGED',
    details: { problem: expect.stringContaining('a holds times in nanoseconds') },
  });
});

test('a file without a column for which Spark has a default there is refused by name', async () => {
  const open = (value: string, sql: string) =>
    writtenTable(
      { n: 'long', d: 'long' },
      [{ sql: 'SELECT 1::BIGINT AS n, 2::BIGINT AS d' }, { sql }],
      {
        metadata: { d: { CURRENT_DEFAULT: value, EXISTS_DEFAULT: value } },
      },
    );
  const whole = await open('7', 'SELECT 3::BIGINT AS n, NULL::BIGINT AS d');
  expect(await whole.rows()).toEqual([
    [1n, 2n],
    [3n, null],
  ]);
  for (const value of ['null', 'CAST(NULL AS BIGINT)']) {
    const unknown = await open(value, 'SELECT 3::BIGINT AS n');
    expect(await unknown.rows()).toEqual(await whole.rows());
  }
  const { rows } = await open('7', 'SELECT 3::BIGINT AS n');
  await expect(rows()).rejects.toMatchObject({
    code: 'FEATURE_UNSUPPORTED',
    details: { features: [expect.stringMatching(/^EXISTS_DEFAULT \(d is 7 /)] },
  });
  expect(await rows({ selection: { columns: ['n'] } })).toEqual([[1n], [3n]]);
});

describe('where columns are mapped by id', () => {
  const identity = (id: number, name: string) => ({
    'delta.columnMapping.id': id,
    'delta.columnMapping.physicalName': name,
  });
  const inner = (first: number) => ({
    type: 'struct',
    fields: ['a', 'b'].map((name, place) => ({
      ...{ name, type: 'long', nullable: true },
      metadata: identity(first + place, name),
    })),
  });
  const mapped = (sql: string, ids: string) =>
    writtenTable(
      { k: 'long', s: inner(3), m: map('string', array(inner(6))) },
      [{ sql, copy: `FIELD_IDS {${ids}}` }],
      {
        metadata: { k: identity(1, 'k'), s: identity(2, 's'), m: identity(5, 'm') },
        properties: { 'delta.columnMapping.mode': 'id' },
      },
    );
  const both = 'SELECT 1::BIGINT AS k, {a: 7::BIGINT, b: 8::BIGINT} AS s';

  test('members are read that have their own names and ids', async () => {
    const table = await mapped(both, 'k: 1, s: {__duckdb_field_id: 2, a: 3, b: 4}');
    expect(await table.rows()).toEqual([[1n, { a: 7n, b: 8n }, null]]);
    const fewer = await mapped('SELECT {b: 8::BIGINT} AS s', 's: {__duckdb_field_id: 2, b: 4}');
    expect(await fewer.rows()).toEqual([[null, { a: null, b: 8n }, null]]);
  });

  test.each([
    { ids: 'k: 1, s: {__duckdb_field_id: 2, a: 4, b: 3}', sql: both, path: 's.a' },
    { ids: 'k: 1, s: {__duckdb_field_id: 2, a: 3, b: 9}', sql: both, path: 's.b' },
    { ids: 'k: 1, s: 2', sql: both, path: 's.a' },
    {
      ids: 's: {__duckdb_field_id: 2, old: 3, b: 4}',
      sql: 'SELECT {old: 7::BIGINT, b: 8::BIGINT} AS s',
      path: 's.a',
    },
    {
      ids: 'm: {__duckdb_field_id: 5, value: {element: {a: 6, old: 7}}}',
      sql: "SELECT MAP {'x': [{a: 7::BIGINT, old: 8::BIGINT}]} AS m",
      path: 'm.value.element.b',
    },
  ])('members under another name or id are refused: $ids', async ({ ids, sql, path }) => {
    const table = await mapped(sql, ids);
    await expect(table.rows()).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
      details: { features: [expect.stringContaining(`: ${path} has another name or id`)] },
    });
  });
});
