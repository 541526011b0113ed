import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { aFile, aSnapshot, aVector } from '../../../test/support/builders.ts';
import { temporaryFolder } from '../../../test/support/tables.ts';
import {
  type NewFile,
  type WrittenTable,
  writtenTable,
} from '../../../test/support/written-table.ts';
import type { OutputFormat } from '../table-reader.ts';
import { filesInOrder, setFiles } from './files.ts';
import { scanSql } from './scan-sql.ts';
import { openSession } from './session.ts';

const ids = (from: number, to: number): NewFile => ({
  sql: `SELECT range AS id, 'n' || range AS name FROM range(${from}, ${to})`,
});
const idAndName = { id: 'long', name: 'string' };
const firstOf = (rows: readonly (readonly unknown[])[]) => rows.map(([first]) => first);
const bigints = (...numbers: readonly number[]) => numbers.map(BigInt);

describe('a column may have any name', () => {
  const names = [
    { name: 'c0', why: "the reader's own name for a column" },
    { name: 'c1', why: 'another of those' },
    { name: 'asof_p', why: "the reader's own name for partition values" },
    { name: 'p0', why: "the reader's own name for one of them" },
    { name: 'file_index', why: "DuckDB's number of a file" },
    { name: 'file_row_number', why: "DuckDB's number of a row" },
    { name: 'filename', why: "DuckDB's name of a file" },
    { name: 'rowid', why: "DuckDB's number of a row elsewhere" },
    { name: 'T', why: 'a letter' },
    { name: 'quo"te', why: 'a double quote' },
    { name: "it's", why: 'a single quote' },
    { name: 'sel ect;--', why: 'SQL' },
    { name: 'order', why: 'a word of SQL' },
    { name: '1st', why: 'a digit in front' },
    { name: 'größe 中', why: 'letters beyond ASCII' },
    { name: 'a.b', why: 'a dot' },
    { name: '*', why: 'a star' },
    { name: ' ', why: 'a blank' },
    { name: '$1', why: 'a parameter' },
  ];
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

  test.each(names)('stored in the files: $why', async ({ name }) => {
    const columns = { first: 'long', [name]: 'long', last: 'long' };
    const table = await writtenTable(columns, [
      { sql: `SELECT 1::BIGINT AS first, 2::BIGINT AS ${quoted(name)}, 3::BIGINT AS last` },
      {
        sql: `SELECT 4::BIGINT AS first, 5::BIGINT AS ${quoted(name)}, 6::BIGINT AS last FROM range(3)`,
        deleted: [1, 2],
      },
    ]);
    expect(await table.rows()).toEqual([bigints(1, 2, 3), bigints(4, 5, 6)]);
    const selection = { columns: [name], where: `${quoted(name)} > 2` };
    expect(await table.rows({ selection })).toEqual([bigints(5)]);
  });

  test.each(names)('stored in the log, as a partition: $why', async ({ name }) => {
    const table = await writtenTable(
      { first: 'long', [name]: 'integer' },
      [
        { sql: 'SELECT 1::BIGINT AS first', partitionValues: { [name]: '7' } },
        { sql: 'SELECT 2::BIGINT AS first', partitionValues: { [name]: null } },
      ],
      { partitionColumns: [name] },
    );
    expect(await table.rows()).toEqual([
      [1n, 7],
      [2n, null],
    ]);
    const selection = { columns: [name], where: `${quoted(name)} = 7` };
    expect(await table.rows({ selection })).toEqual([[7]]);
  });

  test('all of those names at once', async () => {
    const columns = Object.fromEntries(names.map(({ name }) => [name, 'long']));
    const values = names.map(({ name }, index) => `${index}::BIGINT AS ${quoted(name)}`);
    const table = await writtenTable(columns, [
      { sql: `SELECT ${values.join(', ')} FROM range(2)`, deleted: [0] },
    ]);
    expect(await table.rows()).toEqual([names.map((_, index) => BigInt(index))]);
  });
});

describe('columns', () => {
  const table = () => writtenTable(idAndName, [ids(0, 2)]);

  test('come in the order of the schema, whatever the order in the file', async () => {
    const mixed = await writtenTable(idAndName, [{ sql: "SELECT 'a' AS name, 1::BIGINT AS id" }]);
    expect(await mixed.rows()).toEqual([[1n, 'a']]);
  });

  test.each([
    {
      columns: ['name', 'id'],
      rows: [
        ['n0', 0n],
        ['n1', 1n],
      ],
      why: 'in the order wanted',
    },
    { columns: ['name'], rows: [['n0'], ['n1']], why: 'some of them' },
    {
      columns: ['NAME', 'Id'],
      rows: [
        ['n0', 0n],
        ['n1', 1n],
      ],
      why: 'in any letter case',
    },
    {
      columns: undefined,
      rows: [
        [0n, 'n0'],
        [1n, 'n1'],
      ],
      why: 'all, where none is named',
    },
  ])('are selected: $why', async ({ columns, rows }) => {
    const selection = columns && { columns };
    expect(await (await table()).rows(selection && { selection })).toEqual(rows);
  });

  test('have the names of the schema, whatever the case asked for', async () => {
    const { reader, snapshot } = await table();
    for await (const { columns } of reader.rows(snapshot, { selection: { columns: ['NAME'] } })) {
      expect(columns).toEqual(['name']);
    }
  });

  test('that are not there are named, with the nearest that is', async () => {
    const { rows } = await table();
    await expect(rows({ selection: { columns: ['id', 'nam'] } })).rejects.toMatchObject({
      code: 'COLUMN_UNKNOWN',
      details: { table: 't', column: 'nam', closest: 'name' },
    });
  });

  test('that a file lacks are null there', async () => {
    const { rows } = await writtenTable({ ...idAndName, later: 'double' }, [ids(0, 1)]);
    expect(await rows()).toEqual([[0n, 'n0', null]]);
  });

  test('that are in a file and not in the schema stay out', async () => {
    const { rows } = await writtenTable({ id: 'long' }, [ids(0, 2)]);
    expect(await rows()).toEqual([[0n], [1n]]);
  });

  test('have the type of the schema, also where a file has a narrower one', async () => {
    const { rows } = await writtenTable({ id: 'long', x: 'double' }, [
      { sql: 'SELECT 1::INTEGER AS id, 0.5::FLOAT AS x' },
      { sql: 'SELECT 5000000000 AS id, 1e300::DOUBLE AS x' },
    ]);
    expect(await rows()).toEqual([
      [1n, 0.5],
      [5_000_000_000n, 1e300],
    ]);
  });

  test('may be all partition columns: each file gives its rows without its columns', async () => {
    const { rows } = await writtenTable(
      { id: 'long', day: 'date' },
      [
        {
          sql: 'SELECT range AS id FROM range(3)',
          partitionValues: { day: '1970-01-02' },
          deleted: [1],
        },
        { sql: 'SELECT range AS id FROM range(1)', partitionValues: { day: '' } },
      ],
      { partitionColumns: ['day'] },
    );
    expect(await rows({ selection: { columns: ['day'] } })).toEqual([[1], [1], [null]]);
    const where = "day = DATE '1970-01-02'";
    expect(await rows({ selection: { columns: ['day'], where } })).toEqual([[1], [1]]);
  });

  test('have empty texts and binaries as partition values, and null for those of other types', async () => {
    const types = ['string', 'binary', 'integer', 'date', 'timestamp', 'boolean', 'decimal(5,2)'];
    const columns = types.map((type) => [`of ${type}`, type] as const);
    const valuesOf = (value: string | null) =>
      Object.fromEntries(columns.map(([name]) => [name, value]));
    const { rows } = await writtenTable(
      { k: 'integer', ...Object.fromEntries(columns) },
      [
        { sql: 'SELECT 1::INTEGER AS k', partitionValues: valuesOf('') },
        { sql: 'SELECT 2::INTEGER AS k', partitionValues: valuesOf(null) },
      ],
      { partitionColumns: columns.map(([name]) => name) },
    );
    const nulls = (count: number) => Array.from({ length: count }, () => null);
    expect(await rows()).toEqual([
      [1, '', Buffer.alloc(0), ...nulls(5)],
      [2, ...nulls(7)],
    ]);
  });

  test('are refused by name where files are encrypted', async () => {
    const { rows } = await writtenTable({ id: 'long' }, [
      {
        before: [
          "SET force_mbedtls_unsafe = 'true'",
          "PRAGMA add_parquet_key('key', '0123456789112345')",
        ],
        sql: 'SELECT 1 AS id',
        copy: "ENCRYPTION_CONFIG {footer_key: 'key'}",
      },
    ]);
    await expect(rows()).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
      details: { features: ['encrypted Parquet files'] },
    });
  });

  test('keep zeros and their signs apart as partition values', async () => {
    const zeros = ['0.0', '-0.0', '1.5', '-0.0', 'NaN', '', '-Infinity'];
    const { rows } = await writtenTable(
      { x: 'double', y: 'float' },
      zeros.map((zero) => ({ sql: 'SELECT 1 AS unused', partitionValues: { x: zero, y: zero } })),
      { partitionColumns: ['x', 'y'] },
    );
    const numbers = zeros.map((text) => (text === '' ? null : Number(text)));
    expect(await rows()).toEqual(numbers.map((number) => [number, number]));
  });

  test('may all be partition columns in the whole table', async () => {
    const { rows } = await writtenTable(
      { day: 'string' },
      [{ sql: 'SELECT range AS unused FROM range(2)', partitionValues: { day: 'a' } }],
      { partitionColumns: ['day'] },
    );
    expect(await rows()).toEqual([['a'], ['a']]);
  });

  test('must be one at least where they are selected', async () => {
    await expect((await table()).rows({ selection: { columns: [] } })).rejects.toThrow(TypeError);
  });

  test('selected twice come once', async () => {
    const { reader, snapshot, rows } = await table();
    const selection = { columns: ['id', 'name', 'ID'] };
    expect(await rows({ selection })).toEqual(await rows());
    const folder = await temporaryFolder();
    await reader.write(snapshot, folder, { selection, format: 'csv' });
    expect(await readFile(join(folder, 'part-00000.csv'), 'utf8')).toMatch(/^id,name\n/);
  });
});

describe('rows that a deletion vector takes away', () => {
  const kept = (count: number, deleted: readonly number[]) =>
    Array.from({ length: count }, (_, row) => row)
      .filter((row) => !deleted.includes(row))
      .map(BigInt);
  const range = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => from + index);

  test.each([
    { count: 20, deleted: [0], why: 'the first' },
    { count: 20, deleted: [19], why: 'the last' },
    { count: 20, deleted: [7], why: 'the last of a byte' },
    { count: 20, deleted: [8], why: 'the first of a byte' },
    { count: 8, deleted: [7], why: 'the last of a file of one byte' },
    { count: 16, deleted: [0, 7, 8, 15], why: 'both ends of both bytes' },
    { count: 20, deleted: [3, 4, 5], why: 'some in the middle' },
    { count: 9, deleted: range(0, 9), why: 'all' },
    { count: 9, deleted: range(1, 9), why: 'all but the first' },
    { count: 9, deleted: range(0, 8), why: 'all but the last' },
    { count: 66_000, deleted: [0, 65_535, 65_536, 65_999], why: 'far apart' },
    {
      count: 33_000,
      deleted: [8191, 8192, 16_383, 16_384, 32_767, 32_768],
      why: 'at both ends of what is looked up at once',
    },
    { count: 20_000, deleted: [20_000 - 1], why: 'behind much that stays' },
    { count: 3000, deleted: range(1000, 2000), why: 'across the batches of the engine' },
  ])('are gone, and no others: $why', async ({ count, deleted }) => {
    const { rows } = await writtenTable({ id: 'long' }, [
      { sql: `SELECT range AS id FROM range(${count})`, deleted },
    ]);
    expect(firstOf(await rows())).toEqual(kept(count, deleted));
  });

  test('are gone where a filter is applied too', async () => {
    const { rows } = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT range AS id FROM range(20)', deleted: [3, 7, 8, 15] },
      { sql: 'SELECT range + 100 AS id FROM range(20)' },
      { sql: 'SELECT range + 200 AS id FROM range(20)', deleted: [0, 19] },
    ]);
    const where = 'id % 100 IN (0, 3, 7, 8, 9, 15, 19)';
    expect(firstOf(await rows({ selection: { where } }))).toEqual(
      bigints(0, 9, 19, 100, 103, 107, 108, 109, 115, 119, 203, 207, 208, 209, 215),
    );
  });

  test('are gone where only a late row matches the filter', async () => {
    // DuckDB leaves out row groups that can not match, and must count on all the same.
    const { rows } = await writtenTable({ id: 'long' }, [
      {
        sql: 'SELECT range AS id FROM range(300000)',
        deleted: [5, 122_880, 250_000, 299_999],
      },
    ]);
    const selection = { where: 'id >= 249999 AND id < 250003 OR id > 299997' };
    expect(firstOf(await rows({ selection }))).toEqual(bigints(249_999, 250_001, 250_002, 299_998));
  });

  test('of one file do not count in the next', async () => {
    const file = (from: number, deleted?: readonly number[]) => ({
      sql: `SELECT range + ${from} AS id FROM range(40000)`,
      ...(deleted && { deleted }),
    });
    const { rows } = await writtenTable({ id: 'long' }, [
      file(0, [1]),
      file(100_000),
      file(200_000, [0, 20_000, 39_999]),
      file(300_000, [17_000]),
    ]);
    const gone = new Set([1, 200_000, 220_000, 239_999, 317_000]);
    const all = [0, 1, 2, 3].flatMap((file) => range(file * 100_000, file * 100_000 + 40_000));
    expect(firstOf(await rows()).map(Number)).toEqual(all.filter((id) => !gone.has(id)));
  });

  test('in a file where nothing else is, leave no rows', async () => {
    const { rows } = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT 1::BIGINT AS id', deleted: [0] },
    ]);
    expect(await rows()).toEqual([]);
  });

  test('beyond the end of the file are found out by the count', async () => {
    const { rows } = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT range AS id FROM range(5)', deleted: [4, 5] },
    ]);
    await expect(rows()).rejects.toMatchObject({
      code: 'ROWS_MISCOUNTED',
      details: { rows: 4, expected: 3 },
    });
  });
});

describe('the count of rows', () => {
  test('is held against the log', async () => {
    const { rows, reader, snapshot } = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT range AS id FROM range(5)', numRecords: 6 },
    ]);
    const miscounted = {
      code: 'ROWS_MISCOUNTED',
      details: { table: 't', version: 0, rows: 5, expected: 6 },
    };
    await expect(rows()).rejects.toMatchObject(miscounted);
    await expect(reader.write(snapshot, await temporaryFolder())).rejects.toMatchObject(miscounted);
  });

  test('is held against the log before rows are filtered', async () => {
    const { rows } = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT range AS id FROM range(5)', numRecords: 6 },
    ]);
    await expect(rows({ selection: { where: 'id < 2' } })).rejects.toMatchObject({
      code: 'ROWS_MISCOUNTED',
    });
  });

  test('is not known where a file has no statistics', async () => {
    const { rows } = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT range AS id FROM range(2)', numRecords: false },
      { sql: 'SELECT 7::BIGINT AS id', numRecords: 1 },
    ]);
    expect(await rows()).toEqual([[0n], [1n], [7n]]);
  });

  test('that is right lets a loop be left early all the same', async () => {
    const { reader, snapshot } = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT range AS id FROM range(100000)', numRecords: 6 },
    ]);
    for await (const batch of reader.rows(snapshot)) {
      expect(batch.rowCount).toBeGreaterThan(0);
      break;
    }
  });
});

describe('the order of rows', () => {
  const step = 10_000;
  const manyFiles = () =>
    writtenTable(
      { id: 'long', part: 'integer' },
      Array.from({ length: 12 }, (_, index) => ({
        sql: `SELECT range + ${index * step} AS id FROM range(${index % 3 === 0 ? 9000 : 3000})`,
        partitionValues: { part: String(index % 4) },
        ...(index % 2 === 0 && { deleted: [0, 100, 2047, 2048, 2999] }),
        // Neither in the order of their paths nor of their numbers.
        modifiedAt: 1_700_000_000_000 + ((index * 7) % 12),
      })),
      { partitionColumns: ['part'] },
    );

  async function idsWritten({ reader, snapshot }: WrittenTable, where?: string) {
    const folder = await temporaryFolder();
    await reader.write(snapshot, folder, where === undefined ? {} : { selection: { where } });
    return firstOf(await query(`SELECT id FROM read_parquet('${folder}/part-00000.parquet')`));
  }

  test('is that of the files, oldest first, and of the rows in each', async () => {
    const found = firstOf(await (await manyFiles()).rows()).map(Number);
    const files = [...new Set(found.map((id) => Math.floor(id / step)))];
    expect(files.map((index) => (index * 7) % 12)).toEqual(files.map((_, place) => place));
    const ofFile = (file: number) => found.filter((id) => Math.floor(id / step) === file);
    const ascending = files.flatMap((file) => ofFile(file).sort((a, b) => a - b));
    expect(found).toEqual(ascending);
  });

  test('is the same each time, read or written', async () => {
    const table = await manyFiles();
    const expected = firstOf(await table.rows());
    for (let round = 0; round < 3; round++) {
      expect(firstOf(await table.rows())).toEqual(expected);
      expect(await idsWritten(table)).toEqual(expected);
    }
  });

  test.each([
    { where: 'id % 5 = 0 AND part <> 1', why: 'a comparison' },
    {
      where: `id IN (${Array.from({ length: 300 }, (_, index) => index * 371).join(', ')})`,
      why: 'a list',
    },
    { where: 'id % 10 IN (0, 1, 2, 3, 4, 5, 6, 7, 8)', why: 'a list that nearly all are in' },
    { where: 'list_contains([0, 1, 2, 3, 4, 5, 6], part)', why: 'a list as a value' },
    { where: 'CASE part WHEN 0 THEN id % 2 = 0 ELSE id % 3 = 0 END', why: 'cases' },
  ])(
    'is the same each time, read or written, when they are filtered by $why',
    async ({ where }) => {
      const table = await manyFiles();
      const expected = firstOf(await table.rows({ selection: { where } }));
      const isLeft = new Set(expected);
      expect(isLeft.size).toBeGreaterThan(100);
      expect(firstOf(await table.rows()).filter((id) => isLeft.has(id))).toEqual(expected);
      for (let round = 0; round < 8; round++) {
        expect(firstOf(await table.rows({ selection: { where } }))).toEqual(expected);
        expect(await idsWritten(table, where)).toEqual(expected);
      }
    },
  );

  test.each([1, 2, 16])('does not depend on how many threads read: %d', async (threads) => {
    const { snapshot, rows } = await manyFiles();
    const files = await filesInOrder('t', snapshot, undefined);
    const sql = scanSql('t', snapshot, { areNone: false, haveDeletedRows: true });
    const session = await openSession({});
    try {
      await session.run(`SET threads = ${threads}`);
      await setFiles(session, 't', snapshot, files, sql, undefined);
      expect(await session.rows(sql.select)).toEqual(await rows());
    } finally {
      await session.close();
    }
  });

  test('of files of the same age is that of their paths', async () => {
    const { rows } = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT 1::BIGINT AS id', path: 'b.parquet', modifiedAt: 5 },
      { sql: 'SELECT 2::BIGINT AS id', path: 'a.parquet', modifiedAt: 5 },
      { sql: 'SELECT 3::BIGINT AS id', path: 'c.parquet', modifiedAt: 4 },
    ]);
    expect(await rows()).toEqual([[3n], [2n], [1n]]);
  });
});

describe('what is written', () => {
  const values = () =>
    writtenTable(
      {
        id: 'long',
        text: 'string',
        amount: 'decimal(10,2)',
        x: 'double',
        ok: 'boolean',
        day: 'date',
        at: 'timestamp',
        local: 'timestamp_ntz',
        region: 'string',
      },
      [
        {
          sql: `SELECT * FROM (VALUES
            (1::BIGINT, 'a,b', 1.50::DECIMAL(10,2), 0.1::DOUBLE, true, DATE '2026-01-31', TIMESTAMPTZ '2026-01-31 04:05:06.789012+00', TIMESTAMP '2026-01-31 04:05:06'),
            (9007199254740993, E'say "hi"\\nünïcode 😀', -0.01, 'NaN'::DOUBLE, false, DATE '0001-01-01', TIMESTAMPTZ '1900-01-01 00:00:00+00', TIMESTAMP '1582-10-15 00:00:00'),
            (-9223372036854775808, '', 99999999.99, 1e308, NULL, NULL, NULL, NULL),
            (0, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
            (5, 'deleted', NULL, NULL, NULL, NULL, NULL, NULL)) AS t(id, text, amount, x, ok, day, "at", local)`,
          partitionValues: { region: 'EU/é "x"' },
          deleted: [4],
        },
        {
          sql: "SELECT 6::BIGINT AS id, 'NULL' AS text, 0::DECIMAL(10,2) AS amount",
          partitionValues: { region: null },
        },
      ],
      { partitionColumns: ['region'] },
    );
  const readers: Record<OutputFormat, (path: string) => string> = {
    parquet: (path) => `SELECT * FROM read_parquet('${path}')`,
    csv: (path) =>
      `SELECT * FROM read_csv('${path}', header = true, allow_quoted_nulls = false, columns = {id: 'BIGINT', text: 'VARCHAR', amount: 'DECIMAL(10,2)', x: 'DOUBLE', ok: 'BOOLEAN', day: 'DATE', "at": 'TIMESTAMPTZ', local: 'TIMESTAMP', region: 'VARCHAR'})`,
    ndjson: (path) =>
      `SELECT * FROM read_json('${path}', format = 'newline_delimited', columns = {id: 'BIGINT', text: 'VARCHAR', amount: 'DECIMAL(10,2)', x: 'DOUBLE', ok: 'BOOLEAN', day: 'DATE', "at": 'TIMESTAMPTZ', local: 'TIMESTAMP', region: 'VARCHAR'})`,
  };

  test.each(['parquet', 'csv', 'ndjson'] as const)('reads back as the rows: %s', async (format) => {
    const table = await values();
    const folder = await temporaryFolder();
    const { rows, files } = await table.reader.write(table.snapshot, folder, { format });
    expect(rows).toBe(5);
    expect(files).toEqual([`part-00000.${format}`]);
    expect(await readdir(folder)).toEqual(files);
    const again = await query(readers[format](join(folder, files[0] ?? '')));
    const { DuckDBDecimalValue } = await import('@duckdb/node-api');
    const plain = again.map((row) =>
      row.map((value) => {
        if (value instanceof DuckDBDecimalValue) return value.toString();
        if (typeof value !== 'object' || value === null) return value;
        if ('days' in value) return value.days;
        return 'micros' in value ? value.micros : value;
      }),
    );
    expect(plain).toEqual(await table.rows());
  });

  test('as CSV has a header, and keeps the empty text apart from null', async () => {
    const { reader, snapshot } = await writtenTable({ a: 'string', b: 'long' }, [
      { sql: "SELECT '' AS a, 1::BIGINT AS b UNION ALL SELECT NULL, NULL UNION ALL SELECT 'x', 2" },
    ]);
    const folder = await temporaryFolder();
    await reader.write(snapshot, folder, { format: 'csv' });
    expect(await readFile(join(folder, 'part-00000.csv'), 'utf8')).toBe('a,b\n"",1\n,\nx,2\n');
  });

  test('as NDJSON has one object a line, nulls among them', async () => {
    const { reader, snapshot } = await writtenTable(idAndName, [
      { sql: "SELECT 1::BIGINT AS id, 'é' AS name UNION ALL SELECT 2, NULL" },
    ]);
    const folder = await temporaryFolder();
    await reader.write(snapshot, folder, { format: 'ndjson' });
    const lines = (await readFile(join(folder, 'part-00000.ndjson'), 'utf8')).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { id: 1, name: 'é' },
      { id: 2, name: null },
    ]);
  });

  test('as NDJSON is JSON, whatever the numbers', async () => {
    const { reader, snapshot } = await writtenTable(
      {
        x: 'double',
        f: 'float',
        share: 'decimal(18,18)',
        list: { type: 'array', elementType: 'double', containsNull: true },
        map: { type: 'map', keyType: 'string', valueType: 'float', valueContainsNull: true },
        struct: {
          type: 'struct',
          fields: [
            { name: 'a', type: 'double', nullable: true, metadata: {} },
            { name: 'b', type: 'string', nullable: true, metadata: {} },
          ],
        },
      },
      [
        {
          sql: `SELECT * FROM (VALUES
            ('NaN'::DOUBLE, '-inf'::FLOAT, -0.123456789012345678::DECIMAL(18,18), ['inf'::DOUBLE, NULL, 1.5], MAP {'k': 'NaN'::FLOAT}, {'a': 'NaN'::DOUBLE, 'b': 'NaN'}),
            (0.1, 0.5, 0.5, [], NULL, NULL),
            (NULL, NULL, NULL, NULL, MAP {}, {'a': NULL, 'b': NULL})) AS t(x, f, share, list, map, struct)`,
        },
      ],
    );
    const folder = await temporaryFolder();
    const selection = { where: 'x IS NULL OR isnan(x) OR x < 1' };
    await reader.write(snapshot, folder, { format: 'ndjson', selection });
    const text = await readFile(join(folder, 'part-00000.ndjson'), 'utf8');
    expect(text).toContain('"share":-0.123456789012345678');
    const rows = text.trim().split('\n');
    expect(rows.map((row) => JSON.parse(row))).toMatchObject([
      {
        x: 'NaN',
        f: '-Infinity',
        list: ['Infinity', null, 1.5],
        map: { k: 'NaN' },
        struct: { a: 'NaN', b: 'NaN' },
      },
      { x: 0.1, f: 0.5, share: 0.5, list: [], map: null, struct: null },
      { x: null, f: null, share: null, list: null, map: {}, struct: { a: null, b: null } },
    ]);
  });

  test.each(['parquet', 'csv', 'ndjson'] as const)(
    'of an empty version is an empty file with its columns: %s',
    async (format) => {
      for (const files of [[], [{ ...ids(0, 3), deleted: [0, 1, 2] }]]) {
        const { reader, snapshot } = await writtenTable(idAndName, files);
        const folder = await temporaryFolder();
        expect(await reader.write(snapshot, folder, { format })).toMatchObject({ rows: 0 });
        const path = join(folder, `part-00000.${format}`);
        expect(existsSync(path)).toBe(true);
        if (format === 'parquet') {
          const described = await query(`DESCRIBE SELECT * FROM read_parquet('${path}')`);
          expect(described.map(([name, type]) => [name, type])).toEqual([
            ['id', 'BIGINT'],
            ['name', 'VARCHAR'],
          ]);
        }
      }
    },
  );

  test('lies in a folder of any name', async () => {
    const { reader, snapshot } = await writtenTable(idAndName, [ids(0, 3)]);
    for (const name of ["it's", 'a b', '%20', 'größe', 'a*b?[c]', '"q"']) {
      const folder = join(await temporaryFolder(), name);
      await mkdir(folder);
      expect(await reader.write(snapshot, folder)).toMatchObject({ rows: 3 });
      expect(await readdir(folder)).toEqual(['part-00000.parquet']);
    }
  });

  test('only has the selected columns and rows', async () => {
    const { reader, snapshot } = await writtenTable(idAndName, [ids(0, 10)]);
    const folder = await temporaryFolder();
    const selection = { columns: ['name'], where: 'id >= 8 -- the last two' };
    expect(await reader.write(snapshot, folder, { selection })).toMatchObject({ rows: 2 });
    expect(await query(`FROM read_parquet('${folder}/part-00000.parquet')`)).toEqual([
      ['n8'],
      ['n9'],
    ]);
  });

  test('may lie under the table itself', async () => {
    const { reader, snapshot, folder } = await writtenTable(idAndName, [ids(0, 3)]);
    await mkdir(join(folder, 'out'));
    expect(await reader.write(snapshot, join(folder, 'out'))).toMatchObject({ rows: 3 });
  });
});

describe('files of the version', () => {
  const files = [ids(0, 3), ids(3, 6), ids(6, 9)];

  test('that are there twice are damage, whatever times they have', async () => {
    const twice = ['a', 'b', 'a'].map((path, modifiedAt) => aFile({ path, modifiedAt }));
    await expect(filesInOrder('t', aSnapshot({ files: twice }), undefined)).rejects.toMatchObject({
      code: 'LOG_DAMAGED',
      details: { problem: 'it has a twice.' },
    });
    const others = [undefined, aVector(), aVector({ offset: 2 })].map((deletionVector) =>
      aFile(deletionVector && { deletionVector }),
    );
    expect(await filesInOrder('t', aSnapshot({ files: others }), undefined)).toHaveLength(3);
  });

  test('that are gone are counted, and one is named', async () => {
    const { folder, rows } = await writtenTable(idAndName, files);
    await rm(join(folder, 'part-00001.parquet'));
    await rm(join(folder, 'part-00002.parquet'));
    await expect(rows()).rejects.toMatchObject({
      code: 'FILES_MISSING',
      details: { table: 't', version: 0, missing: 2, of: 3, example: 'part-00001.parquet' },
    });
  });

  test('that have another size are named', async () => {
    const { folder, rows } = await writtenTable(idAndName, files);
    await appendFile(join(folder, 'part-00001.parquet'), 'more');
    await expect(rows()).rejects.toMatchObject({
      code: 'FILE_CHANGED',
      details: { table: 't', file: 'part-00001.parquet' },
    });
  });

  test('that are damaged inside are told', async () => {
    const { folder, rows } = await writtenTable(idAndName, files);
    const path = join(folder, 'part-00001.parquet');
    const bytes = await readFile(path);
    await writeFile(path, bytes.fill(0, 0, bytes.length - 1));
    await expect(rows()).rejects.toMatchObject({
      code: 'FILE_DAMAGED',
      details: { table: 't', problem: expect.stringContaining('part-00001.parquet') },
    });
  });

  test('whose values do not fit the schema are told, and that is not the fault of a filter', async () => {
    const { rows } = await writtenTable({ id: 'integer' }, [{ sql: 'SELECT 5000000000 AS id' }]);
    const damaged = { code: 'FILE_DAMAGED', details: { table: 't' } };
    await expect(rows()).rejects.toMatchObject(damaged);
    await expect(rows({ selection: { where: 'id > 1' } })).rejects.toMatchObject(damaged);
  });

  test('whose partition value does not fit its type make the log damaged, filtered or not', async () => {
    const { rows } = await writtenTable(
      { id: 'long', day: 'date' },
      [{ sql: 'SELECT 1::BIGINT AS id', partitionValues: { day: 'soon' } }],
      { partitionColumns: ['day'] },
    );
    const damaged = { code: 'LOG_DAMAGED', details: { problem: expect.stringContaining('soon') } };
    await expect(rows()).rejects.toMatchObject(damaged);
    await expect(rows({ selection: { where: 'id > 0' } })).rejects.toMatchObject(damaged);
  });

  test('may be many', async () => {
    const table = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT 1::BIGINT AS id', path: 'same.parquet' },
    ]);
    const [first] = await filesOf(table);
    if (first === undefined) throw new Error('one file');
    const files = Array.from({ length: 3000 }, (_, place) => ({ ...first, path: `${place}` }));
    const snapshot = aSnapshot({ ...table.snapshot, files });
    let count = 0;
    for await (const batch of table.reader.rows(snapshot)) count += batch.rowCount;
    expect(count).toBe(3000);
  });
});

describe('memory, spilling and the end of the work', () => {
  const big = () =>
    writtenTable({ id: 'long', text: 'string' }, [
      {
        sql: 'SELECT range AS id, md5(range::VARCHAR) || md5((range + 1)::VARCHAR) AS text FROM range(400000)',
      },
    ]);
  const spillIn = async () => {
    const tempDirectory = await temporaryFolder();
    return { tempDirectory, left: () => readdir(tempDirectory) };
  };

  test('with too little memory it works or says so, and nothing stays where it spilled', async () => {
    const { reader, snapshot } = await big();
    for (const memoryLimit of [4 * 2 ** 20, 24 * 2 ** 20, 64 * 2 ** 20]) {
      const { tempDirectory, left } = await spillIn();
      const folder = await temporaryFolder();
      const work = reader.write(snapshot, folder, { memoryLimit, tempDirectory });
      const outcome = await work.then(
        ({ rows }) => rows,
        ({ code, details }) => ({ code, details }),
      );
      if (outcome !== 400_000) {
        expect(outcome).toMatchObject({
          code: 'MEMORY_EXHAUSTED',
          details: { limit: `${memoryLimit / 2 ** 20} MiB` },
        });
      }
      expect(await left()).toEqual([]);
    }
  });

  test('an abort in the middle of writing ends it with its reason, and frees everything', async () => {
    const table = await writtenTable({ id: 'long', text: 'string' }, [
      { sql: 'SELECT range AS id, md5(range::VARCHAR) AS text FROM range(2000000)' },
    ]);
    const { tempDirectory, left } = await spillIn();
    const abort = new AbortController();
    const reason = new Error('enough');
    const work = table.reader.write(table.snapshot, await temporaryFolder(), {
      tempDirectory,
      signal: abort.signal,
      format: 'ndjson',
      onProgress: () => abort.abort(reason),
    });
    await expect(work).rejects.toBe(reason);
    expect(await left()).toEqual([]);
  });

  test('an abort before it begins ends it at once', async () => {
    const { reader, snapshot, rows } = await big();
    const signal = AbortSignal.abort(new Error('enough'));
    const { tempDirectory, left } = await spillIn();
    const folder = await temporaryFolder();
    await expect(reader.write(snapshot, folder, { signal, tempDirectory })).rejects.toThrow(
      'enough',
    );
    await expect(rows({ signal, tempDirectory })).rejects.toThrow('enough');
    expect([...(await left()), ...(await readdir(folder))]).toEqual([]);
  });

  test('an abort between two batches of rows ends the loop with its reason', async () => {
    const { reader, snapshot } = await big();
    const { tempDirectory, left } = await spillIn();
    const abort = new AbortController();
    const reason = new Error('enough');
    let batches = 0;
    const loop = async () => {
      for await (const _ of reader.rows(snapshot, { signal: abort.signal, tempDirectory })) {
        batches += 1;
        if (batches === 2) abort.abort(reason);
      }
    };
    await expect(loop()).rejects.toBe(reason);
    expect(batches).toBe(2);
    expect(await left()).toEqual([]);
  });

  test.each([
    { how: 'break', leave: () => 'break' as const },
    {
      how: 'an error of their own',
      leave: () => {
        throw new Error('mine');
      },
    },
  ])('who leaves the rows early by $how leaves nothing behind', async ({ leave }) => {
    const { reader, snapshot } = await big();
    const { tempDirectory, left } = await spillIn();
    const loop = async () => {
      for await (const _ of reader.rows(snapshot, { tempDirectory })) {
        expect(await left()).toHaveLength(1);
        if (leave() === 'break') break;
      }
    };
    await loop().catch(({ message }) => expect(message).toBe('mine'));
    expect(await left()).toEqual([]);
  });

  test('a failure leaves nothing where it spilled', async () => {
    const { rows, reader, snapshot } = await writtenTable({ id: 'long' }, [
      { sql: 'SELECT range AS id FROM range(5)', numRecords: 6 },
    ]);
    const { tempDirectory, left } = await spillIn();
    await expect(rows({ tempDirectory })).rejects.toMatchObject({ code: 'ROWS_MISCOUNTED' });
    const selection = { where: 'nonsense(' };
    await expect(rows({ tempDirectory, selection })).rejects.toMatchObject({
      code: 'FILTER_INVALID',
    });
    const nowhere = join(await temporaryFolder(), 'nowhere');
    await expect(reader.write(snapshot, nowhere, { tempDirectory })).rejects.toThrow();
    expect(await left()).toEqual([]);
  });

  test('a place to spill that is not there is named', async () => {
    const { rows } = await writtenTable({ id: 'long' }, [ids(0, 1)]);
    const tempDirectory = join(await temporaryFolder(), 'nowhere');
    await expect(rows({ tempDirectory })).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      details: { path: tempDirectory },
    });
  });
});

async function filesOf(table: Awaited<ReturnType<typeof writtenTable>>) {
  const files = [];
  for await (const batch of table.snapshot.files()) files.push(...batch);
  return files;
}

/** A question to a DuckDB that knows nothing of asof. */
async function query(sql: string) {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    return (await connection.runAndReadAll(sql)).getRows();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

test('a table without columns is refused by name', async () => {
  const { reader, snapshot } = await writtenTable({}, []);
  const refused = { code: 'FEATURE_UNSUPPORTED', details: { features: ['rows without columns'] } };
  await expect(reader.digest(snapshot)).rejects.toMatchObject(refused);
  const folder = await temporaryFolder();
  await expect(reader.write(snapshot, folder)).rejects.toMatchObject(refused);
});

test.each(['', 'a\0b'])(
  'a column named %j, also inside others, is refused by name',
  async (name) => {
    const fields = [{ name, type: 'long', nullable: true, metadata: {} }];
    const inside = { type: 'array', elementType: { type: 'struct', fields }, containsNull: true };
    for (const columns of [
      { id: 'long', '': 'long' },
      { id: 'long', s: inside },
    ]) {
      const { rows } = await writtenTable(columns, [{ sql: 'SELECT 1::BIGINT AS id' }]);
      for (const selection of [{}, { columns: ['id'] }]) {
        await expect(rows({ selection })).rejects.toMatchObject({
          code: 'FEATURE_UNSUPPORTED',
          details: { features: ['a column whose name is empty or holds NUL'] },
        });
      }
    }
  },
);
