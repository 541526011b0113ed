import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BLOB,
  blobValue,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  STRUCT,
  structValue,
  TINYINT,
} from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { copyTable, temporaryFolder } from '../../../test/support/tables.ts';
import { writtenTable } from '../../../test/support/written-table.ts';
import { localTableStore } from '../log/local-table-store.ts';
import { logSnapshots } from '../log/log-snapshots.ts';
import type { OutputFormat } from '../table-reader.ts';
import { duckdbReader } from './duckdb-reader.ts';
import { unshred } from './unshred.ts';

async function open(name: string, version: number) {
  const snapshots = logSnapshots(localTableStore(await copyTable(name)), name);
  return { snapshot: await snapshots.at(version), reader: duckdbReader(name, snapshots) };
}

async function written(name: string, version: number, format: OutputFormat): Promise<string> {
  const { snapshot, reader } = await open(name, version);
  const out = join(await temporaryFolder(), 'out');
  await mkdir(out);
  await reader.write(snapshot, out, { format });
  const [file = ''] = await readdir(out);
  return join(out, file);
}

async function query(sql: string): Promise<readonly (readonly unknown[])[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

describe('a table with variants', () => {
  test('is written to NDJSON with their JSON as text, so that no digit is lost', async () => {
    const lines = (await readFile(await written('variant', 1, 'ndjson'), 'utf8')).split('\n');
    const rows = lines.filter((line) => line !== '').map((line) => JSON.parse(line));
    expect(rows).toContainEqual({ id: 2, v: '12345678901234567890', st: null, arr: null });
    // A null inside, and none.
    expect(rows.find(({ id }) => id === 1).arr).toEqual(['"s"', 'null']);
    expect(rows.find(({ id }) => id === 3).v).toBeNull();
  });

  test('is written to CSV with their JSON', async () => {
    const text = await readFile(await written('variant_shredded', 1, 'csv'), 'utf8');
    expect(text).toContain('1,"{""a"":1,""b"":""x"",""c"":true}"\n');
    expect(text).toContain('3,5\n');
  });

  test.each([
    {
      name: 'variant',
      pieces: [
        [
          1,
          '0104000102030461626364',
          '02030001020002131A0C010304000102080A040020010F000000057802010300020565',
        ],
        [2, '010000', '2800D20A1FEB8CA954AB0000000000000000'],
        [3, null, null],
      ],
    },
    {
      name: 'variant_shredded',
      pieces: [
        [1, '010300010203616263', '0203000102000507081401000000057804'],
        [2, '0101000161', '0201000007196E6F74696E74'],
        [3, '010000', '0C05'],
      ],
    },
  ])(
    'is written to Parquet with the two pieces of bytes that a variant is: $name',
    async ({ name, pieces }) => {
      const file = await written(name, 1, 'parquet');
      const columns = await query(`DESCRIBE SELECT v FROM '${file}'`);
      expect(columns[0]?.[1]).toBe('STRUCT("value" BLOB, metadata BLOB)');
      const found = await query(
        `SELECT id, hex(v['metadata']), hex(v['value']) FROM '${file}' WHERE id <> 4 ORDER BY id`,
      );
      expect(found).toEqual(pieces);
    },
  );

  test('is read without them when they are not asked for', async () => {
    const { snapshot, reader } = await open('variant', 1);
    const rows: unknown[] = [];
    for await (const batch of reader.rows(snapshot, { selection: { columns: ['id'] } })) {
      expect(batch.columns).toEqual(['id']);
      rows.push(...batch.values(0));
    }
    expect(rows).toEqual([1, 2, 3, 4]);
  });

  test('is not filtered by them: each output has another form of them', async () => {
    const { snapshot, reader } = await open('variant', 1);
    const read = reader.rows(snapshot, { selection: { where: 'V IS NULL' } });
    await expect(read[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'FILTER_INVALID',
      details: { problem: 'it asks for v, which is a variant.' },
    });
  });
});

const variant = "{'value': $1::BLOB, 'metadata': '\\x01\\x00\\x00'::BLOB}";
const group = (value: string) => variant.replace('$1', `'${value}'`);

test('a damaged variant is a damaged file', async () => {
  const table = await writtenTable({ v: 'variant' }, [{ sql: `SELECT ${group('\\x14')} AS v` }]);
  await expect(table.rows()).rejects.toMatchObject({
    code: 'FILE_DAMAGED',
    details: { problem: 'a variant in it is damaged: it is cut off.' },
  });
});

test('what is no variant at all is a damaged file', async () => {
  const table = await writtenTable({ v: 'variant' }, [{ sql: "SELECT {'value': 1} AS v" }]);
  await expect(table.rows()).rejects.toMatchObject({ code: 'FILE_DAMAGED' });
});

describe('a variant taken apart', () => {
  const metadata = "'\\x01\\x02\\x00\\x01\\x02ab'::BLOB";
  const shredded = (value: string, typed: string) =>
    `SELECT {'metadata': ${metadata}, 'value': ${value}::BLOB, 'typed_value': ${typed}} AS v`;
  const rows = async (sql: string) => (await writtenTable({ v: 'variant' }, [{ sql }])).rows();

  test.each([
    ['NULL', '7::BIGINT', '7'],
    ['NULL', "'é'", '"é"'],
    ['NULL', "repeat('x', 70)", `"${'x'.repeat(70)}"`],
    ['NULL', '1.50::DECIMAL(5,2)', '1.5'],
    ['NULL', '1.50::DECIMAL(38,2)', '1.5'],
    ['NULL', 'true', 'true'],
    ['NULL', '(-300)::SMALLINT', '-300'],
    ['NULL', '1.5::FLOAT', '1.5'],
    ['NULL', '1e10::DOUBLE', '1.0E10'],
    ['NULL', "DATE '0001-01-01'", '"0001-01-01"'],
    ['NULL', "TIMESTAMPTZ '2026-01-31 12:00:00.5Z'", '"2026-01-31 12:00:00.5+00:00"'],
    ['NULL', "TIMESTAMP '1969-12-31 23:59:59'", '"1969-12-31 23:59:59"'],
    ['NULL', "'\\x00\\xFF'::BLOB", '"AP8="'],
    ["'\\x00'", 'NULL::BIGINT', 'null'],
    ['NULL', 'NULL::BIGINT', 'null'],
    [
      'NULL',
      "[{'value': NULL::BLOB, 'typed_value': 7}, {'value': '\\x00'::BLOB, 'typed_value': NULL}]",
      '[7,null]',
    ],
    [
      'NULL',
      "{'b': {'value': NULL::BLOB, 'typed_value': 7}, 'a': {'value': '\\x00'::BLOB, 'typed_value': NULL}}",
      '{"a":null,"b":7}',
    ],
    ['NULL', "{'b': {'value': NULL::BLOB, 'typed_value': NULL::INTEGER}}", '{}'],
    // What is not taken apart: {"a": 7}.
    [
      "'\\x02\\x01\\x00\\x00\\x02\\x0C\\x07'",
      "{'b': {'value': NULL::BLOB, 'typed_value': 8}}",
      '{"a":7,"b":8}',
    ],
  ])('of %s and %s is put together', async (value, typed, json) => {
    expect(await rows(shredded(value, typed))).toEqual([[json]]);
  });

  test.each([
    ["'\\x00'", '7::BIGINT', 'two values'],
    ["'\\x00'", "{'b': {'value': NULL::BLOB, 'typed_value': 8}}", 'something else at once'],
    [
      "'\\x02\\x01\\x01\\x00\\x02\\x0C\\x07'",
      "{'b': {'value': NULL::BLOB, 'typed_value': 8}}",
      'key b twice',
    ],
    ['NULL', "{'z': {'value': NULL::BLOB, 'typed_value': 8}}", 'lacks the key z'],
    ['NULL', '7::UINTEGER', 'unknown type UINTEGER'],
  ])('of %s and %s is damaged', async (value, typed, words) => {
    await expect(rows(shredded(value, typed))).rejects.toMatchObject({
      code: 'FILE_DAMAGED',
      details: { problem: expect.stringContaining(words) },
    });
  });

  test('stays in its row, beside files that have it whole, and deleted rows stay away', async () => {
    const table = await writtenTable({ id: 'integer', v: 'variant' }, [
      {
        sql: `SELECT id, {'metadata': ${metadata}, 'value': NULL::BLOB, 'typed_value': id} AS v FROM range(5000) AS r(id)`.replace(
          'SELECT id,',
          'SELECT id::INTEGER AS id,',
        ),
        deleted: [0, 1, 2, 4998],
      },
      { sql: `SELECT 7 AS id, ${group('\\x0C\\x07')} AS v` },
      { sql: 'SELECT 8 AS id' },
    ]);
    const found = await table.rows();
    expect(found.length).toBe(4998);
    expect(found.slice(0, 2)).toEqual([
      [3, '3'],
      [4, '4'],
    ]);
    expect(found.slice(-3)).toEqual([
      [4999, '4999'],
      [7, '7'],
      [8, null],
    ]);
    expect(found.every(([id, text]) => text === null || String(id) === text)).toBe(true);
  });

  test('keeps what its file notes of the calendar', async () => {
    const table = await writtenTable({ day: 'date', v: 'variant' }, [
      {
        sql: shredded('NULL', '7::BIGINT').replace('SELECT', "SELECT DATE '1500-01-01' AS day,"),
        notes: { 'org.apache.spark.version': '4.2.0', 'org.apache.spark.legacyDateTime': '' },
      },
    ]);
    await expect(table.rows()).rejects.toMatchObject({
      code: 'FEATURE_UNSUPPORTED',
      details: { features: [expect.stringMatching(/Julian calendar \(.*\/table\/part-00000/)] },
    });
  });

  test('keeps the ids of all other columns, and of what is inside of them', async () => {
    const struct = (name: string, id: number, type: unknown) => ({
      type: 'struct',
      fields: [{ name, type, nullable: true, metadata: mapped(id, name) }],
    });
    const mapped = (id: number, name: string) => ({
      'delta.columnMapping.id': id,
      'delta.columnMapping.physicalName': name,
    });
    const list = { type: 'array', elementType: struct('x', 5, 'integer'), containsNull: true };
    const map = {
      type: 'map',
      keyType: 'string',
      valueType: struct('y', 7, 'integer'),
      valueContainsNull: true,
    };
    const table = await writtenTable(
      { s: struct('v', 2, 'variant'), l: list, m: map },
      [
        {
          sql: `SELECT {'v': v} AS s, [{'x': 1}] AS l, MAP {'k': {'y': 2}} AS m FROM (${shredded('NULL', '7::BIGINT')})`,
          copy: 'FIELD_IDS {s: {__duckdb_field_id: 1, v: 2}, l: {__duckdb_field_id: 4, element: {x: 5}}, m: {__duckdb_field_id: 6, value: {y: 7}}}',
        },
      ],
      {
        metadata: { s: mapped(1, 's'), l: mapped(4, 'l'), m: mapped(6, 'm') },
        properties: { 'delta.columnMapping.mode': 'id' },
      },
    );
    expect(await table.rows()).toEqual([[{ v: '7' }, [{ x: 1 }], [['k', { y: 2 }]]]]);
  });

  test.each([
    { names: ['Akey', 'akey'], json: '{"Akey":8,"akey":7}' },
    // What DuckDB 1.5 makes of the name of the second is a name of the variant's too.
    { names: ['Akey', 'akey', 'Akey_1'], json: '{"Akey":8,"akey":7}' },
  ])('keeps names that differ by their case only, of $names', async ({ names, json }) => {
    const offsets = [0, ...names].map((_, count) => names.slice(0, count).join('').length);
    const bytes =
      Buffer.from([1, names.length, ...offsets]).toString('hex') + hexOf(names.join(''));
    const member = (value: number) => `{'value': NULL::BLOB, 'typed_value': ${value}}`;
    const { folder, rows: read } = await writtenTable({ v: 'variant' }, [
      {
        sql: `SELECT {'metadata': from_hex('${bytes}'), 'value': NULL::BLOB, 'typed_value': {'akey': ${member(7)}, 'Bkey': ${member(8)}}} AS v`,
        path: 'f.parquet',
      },
    ]);
    const file = join(folder, 'f.parquet');
    const written = await readFile(file, 'latin1');
    await writeFile(file, written.replaceAll('Bkey', 'Akey'), 'latin1');
    expect(await read()).toEqual([[json]]);
  });

  test('is read where lists have no level of their own, and items one column', () => {
    const leaf = (name: string) => ({ name, inner: [] });
    const listOf = (member: string) => ({
      name: 'v',
      inner: [
        leaf('metadata'),
        leaf('value'),
        { name: 'typed_value', inner: [{ name: 'array', inner: [leaf(member)] }] },
      ],
    });
    const metadata = blobValue(Buffer.from('010000', 'hex'));
    const read = (member: string, type: DuckDBType, items: readonly DuckDBValue[]) =>
      unshred(
        structValue({ metadata, value: null, typed_value: listValue(items) }),
        STRUCT({ metadata: BLOB, value: BLOB, typed_value: LIST(type) }),
        listOf(member),
      ).value;
    // An array of the integers 7 and 8, of one byte each.
    const expected = Buffer.from('0302000204' + '0c07' + '0c08', 'hex');
    const bytes = ['0c07', '0c08'].map((hex) => blobValue(Buffer.from(hex, 'hex')));
    expect(read('value', BLOB, bytes)).toEqual(expected);
    expect(read('typed_value', TINYINT, [7, 8])).toEqual(expected);
  });

  test('has its names in the order in which Spark has them', async () => {
    const names = ['\u{1f600}', '\uff5a'];
    const bytes = `01020004 07${hexOf(names.join(''))}`.replaceAll(' ', '');
    const members = names.map(
      (name, place) => `'${name}': {'value': NULL::BLOB, 'typed_value': ${place}}`,
    );
    const sql = `SELECT {'metadata': from_hex('${bytes}'), 'value': NULL::BLOB, 'typed_value': {${members.reverse().join(', ')}}} AS v`;
    expect(await rows(sql)).toEqual([['{"\u{1f600}":0,"\uff5a":1}']]);
  });
});

const hexOf = (text: string) => Buffer.from(text).toString('hex');
