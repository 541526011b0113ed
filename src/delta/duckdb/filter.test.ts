import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/tables.ts';
import { type WrittenTable, writtenTable } from '../../../test/support/written-table.ts';
import { checkFilter } from './filter.ts';
import { quoteText } from './quote.ts';
import { type DuckdbSession, openSession } from './session.ts';

/** Rows of many types, so that a filter is not only parsed but used. */
let table: WrittenTable;
let session: DuckdbSession;

beforeAll(async () => {
  session = await openSession({});
  table = await writtenTable(
    {
      id: 'long',
      name: 'string',
      amount: 'decimal(10,2)',
      day: 'date',
      at: 'timestamp',
      tags: { type: 'array', elementType: 'string', containsNull: true },
      address: {
        type: 'struct',
        fields: [
          { name: 'city', type: 'string', nullable: true, metadata: {} },
          { name: 'zip', type: 'integer', nullable: true, metadata: {} },
        ],
      },
      scores: { type: 'map', keyType: 'string', valueType: 'double', valueContainsNull: true },
      region: 'string',
    },
    [
      {
        sql: `SELECT * FROM (VALUES
          (0::BIGINT, 'Ada', 10.50::DECIMAL(10,2), DATE '2026-01-31', TIMESTAMPTZ '2026-01-31 04:05:06+00', ['a', 'b'], {'city': 'Wien', 'zip': 1010}, MAP {'x': 0.5::DOUBLE}),
          (1, 'Bob', 20, DATE '2026-02-28', TIMESTAMPTZ '2026-02-28 23:59:59+00', [], {'city': 'Graz', 'zip': 8010}, MAP {'y': 2.0::DOUBLE}),
          (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) AS t(id, name, amount, day, "at", tags, address, scores)`,
        partitionValues: { region: 'EU' },
      },
    ],
    { partitionColumns: ['region'] },
  );
}, 60_000);

afterAll(() => session.close());

const matching = async (where: string) =>
  (await table.rows({ selection: { columns: ['id'], where } })).map(([id]) => Number(id));

describe('accepted, and used as it stands', () => {
  test.each([
    { where: 'id = 1', ids: [1] },
    { where: 'id <> 1 AND id IS NOT NULL', ids: [0, 2] },
    { where: '(id = 0 OR id = 1) AND NOT (id = 0)', ids: [1] },
    { where: 'true', ids: [0, 1, 2] },
    { where: 'NULL', ids: [] },
    { where: 'name IS NULL', ids: [2] },
    { where: "name LIKE 'A%'", ids: [0] },
    { where: "name ILIKE '%B'", ids: [1] },
    { where: "name SIMILAR TO '(Ada|Bob)'", ids: [0, 1] },
    { where: "regexp_matches(name, '^B')", ids: [1] },
    { where: 'id IN (0, 2)', ids: [0, 2] },
    { where: "name NOT IN ('Ada')", ids: [1] },
    { where: 'id BETWEEN 1 AND 2', ids: [1, 2] },
    { where: "CASE WHEN name IS NULL THEN true ELSE name = 'Ada' END", ids: [0, 2] },
    { where: "coalesce(name, 'none') = 'none'", ids: [2] },
    { where: "nullif(name, 'Ada') IS NULL", ids: [0, 2] },
    { where: 'name IS DISTINCT FROM NULL', ids: [0, 1] },
    { where: 'amount * 2 >= 21 AND amount < 1e3', ids: [0, 1] },
    { where: 'amount::INTEGER % 2 = 0', ids: [1] },
    { where: 'TRY_CAST(name AS INTEGER) IS NULL', ids: [0, 1, 2] },
    { where: 'round(amount, 0) = 20 OR abs(-id) = 2', ids: [1, 2] },
    { where: "lower(name) || '!' = 'ada!'", ids: [0] },
    { where: 'length(name) = 3 AND substr(name, 1, 1) = chr(65)', ids: [0] },
    { where: "starts_with(name, 'B') OR contains(name, 'd')", ids: [0, 1] },
    { where: "split_part(name, 'o', 1) = 'B'", ids: [1] },
    { where: "day >= DATE '2026-02-01'", ids: [1] },
    { where: "day + INTERVAL 1 MONTH > DATE '2026-03-01'", ids: [1] },
    { where: "day - DATE '2026-01-01' = 30", ids: [0] },
    { where: 'year(day) = 2026 AND month(day) = 1', ids: [0] },
    { where: "date_trunc('month', day) = DATE '2026-02-01'", ids: [1] },
    { where: "date_diff('day', day, DATE '2026-03-01') = 1", ids: [1] },
    { where: "extract('dow' FROM day) = 6", ids: [0, 1] },
    { where: "strftime(day, '%Y-%m') = '2026-01'", ids: [0] },
    { where: "age(DATE '2026-03-01', day) < INTERVAL 2 DAYS", ids: [1] },
    { where: `"at" < TIMESTAMPTZ '2026-02-01 00:00:00+00'`, ids: [0] },
    { where: `"at" AT TIME ZONE 'Europe/Vienna' > TIMESTAMP '2026-03-01 00:00:00'`, ids: [1] },
    { where: 'epoch_ms("at") % 1000 = 0', ids: [0, 1] },
    { where: "address.city = 'Wien'", ids: [0] },
    { where: "address['zip'] > 8000", ids: [1] },
    { where: "struct_extract(address, 'zip') = 1010", ids: [0] },
    { where: "list_contains(tags, 'a')", ids: [0] },
    { where: "'b' IN tags", ids: [0] },
    { where: 'len(tags) = 0', ids: [1] },
    { where: "tags[1] = 'a' AND tags[-1] = 'b'", ids: [0] },
    { where: "len(list_filter(tags, lambda x: x > 'a')) = 1", ids: [0] },
    { where: "array_to_string(tags, '+') = 'a+b'", ids: [0] },
    { where: "list_has_any(tags, ['b', 'c'])", ids: [0] },
    { where: "scores['y'] > 1", ids: [1] },
    { where: "map_contains(scores, 'x')", ids: [0] },
    { where: "md5(name) LIKE '%' AND id % 10 < 8", ids: [0, 1] },
    { where: 'isnan(amount::DOUBLE) = false', ids: [0, 1] },
    { where: "region = 'EU' AND id > 0", ids: [1, 2] },
    { where: '"id" = 1 AND "AT" IS NOT NULL', ids: [1] },
    { where: 'ID = 1', ids: [1] },
    { where: "(id, name) = (1, 'Bob')", ids: [1] },
    { where: '  id\n=\n1  ', ids: [1] },
    { where: 'id = 1 -- the second', ids: [1] },
    { where: 'id /* not\nthe name */ = 1', ids: [1] },
    { where: "name <> ';' AND name <> ')' AND name <> '--' AND name <> ']'", ids: [0, 1] },
    { where: "name = 'größe' OR id = 2", ids: [2] },
    { where: 'id >= 0 AND 1 = 1 OR (2 = 3)', ids: [0, 1, 2] },
  ])('$where', async ({ where, ids }) => {
    expect(await matching(where)).toEqual(ids);
  });

  test('a long list of values', async () => {
    const values = Array.from({ length: 20_000 }, (_, index) => index + 1);
    expect(await matching(`id IN (${values.join(', ')})`)).toEqual([1, 2]);
  });

  test('many conditions', async () => {
    const conditions = Array.from({ length: 5000 }, (_, index) => `id = ${index + 2}`);
    expect(await matching(conditions.join(' OR '))).toEqual([2]);
  });
});

describe('refused', () => {
  test.each([
    { where: '', why: 'nothing' },
    { where: '  \n ', why: 'blanks' },
    { where: '-- id = 1', why: 'a comment alone' },
    { where: 'id =', why: 'half a condition' },
    { where: 'SELECT 1', why: 'a statement' },
    { where: 'id = 1; DROP TABLE t', why: 'a statement behind it' },
    { where: 'id = 1;', why: 'the end of a statement' },
    { where: 'id = 1) --', why: 'brackets that do not match' },
    { where: '(id = 1', why: 'a bracket left open' },
    { where: 'id = 1) OR (1 = 1', why: 'brackets that match those around' },
    { where: '1 = 1] OR [1 = 1', why: 'brackets of the other kind' },
    { where: '1 = 1) FROM t WHERE (1 = 1', why: 'a FROM between brackets' },
    { where: '1 = 1) UNION ALL SELECT (1 = 1', why: 'a UNION between brackets' },
    { where: '1 = 1) LIMIT (1', why: 'a LIMIT between brackets' },
    { where: '1 = 1), (2 = 2', why: 'two conditions' },
    { where: 'id = 1, id = 2', why: 'two conditions with a comma' },
    { where: "id = 1 FROM read_csv('/etc/passwd')", why: 'a table function' },
    { where: 'id = 1 LIMIT 1', why: 'a LIMIT' },
    { where: 'id = 1 ORDER BY id', why: 'an ORDER BY' },
    { where: 'id = 1 AS x', why: 'a name' },
    { where: 'id = 1 /* open', why: 'a comment left open' },
    { where: "name = 'open", why: 'a text left open' },
    { where: 'EXISTS (SELECT 1)', why: 'a subquery' },
    { where: 'id IN (SELECT 1)', why: 'a subquery in a list' },
    { where: 'id = ANY (SELECT 1)', why: 'a subquery behind ANY' },
    { where: "(FROM read_text('/etc/passwd')) IS NULL", why: 'a subquery without SELECT' },
    { where: 'CASE WHEN (SELECT true) THEN true END', why: 'a subquery inside' },
    { where: 'row_number() OVER () = 1', why: 'a window function' },
    { where: 'sum(id) OVER (ORDER BY id) > 1', why: 'a window function over an order' },
    { where: 'COLUMNS(*) = 1', why: 'a star' },
    { where: '*', why: 'a star alone' },
    { where: 'id = ?', why: 'a parameter' },
    { where: 'id = $1', why: 'a numbered parameter' },
    { where: 'id = $name', why: 'a named parameter' },
    { where: 'DEFAULT', why: 'DEFAULT' },
    { where: 'id < 1e999', why: 'a number beyond those of a double' },
    { where: 'id > -1e999', why: 'a number below those of a double' },
  ])('$why: $where', async ({ where }) => {
    await expect(checkFilter(session, where, table.snapshot.schema)).rejects.toMatchObject({
      code: 'FILTER_INVALID',
      details: { filter: where },
    });
  });

  test.each([
    'random() < 0.5',
    'RANDOM() < 0.5',
    '"random"() < 0.5',
    'main.random() < 0.5',
    'system.main.random() < 0.5',
    'try(random()) < 0.5',
    'list_transform([1], lambda x: random())[1] < 0.5',
    'uuid() IS NULL',
    'gen_random_uuid() IS NULL',
    'day > now()',
    'day > today()',
    'day > current_date',
    'day > CURRENT_DATE',
    'day > current_date()',
    'day > current_timestamp',
    'day > get_current_timestamp()',
    'day > localtimestamp',
    'day > current_localtimestamp()',
    'current_localtime() IS NULL',
    'localtime IS NULL',
    'current_time IS NULL',
    'day > transaction_timestamp()',
    "date_trunc('day', now()) = day",
    'age(day) < INTERVAL 30 DAYS',
    'name = current_user',
    'name = user',
    'name = session_user',
    'name = current_role',
    'name = current_catalog',
    'name = current_schema',
    'name = current_schema()',
    'name = current_database()',
    "name = current_setting('TimeZone')",
    'name = current_query()',
    "getvariable('asof_files') IS NULL",
    'version() IS NULL',
    'txid_current() = 1',
    'setseed(0.5) IS NULL',
    "nextval('s') = 1",
    "write_log('x') IS NULL",
    'sleep_ms(1000) IS NULL',
    "error('x')",
  ])('what is not a matter of the row alone: %s', async (where) => {
    await expect(checkFilter(session, where, table.snapshot.schema)).rejects.toMatchObject({
      code: 'FILTER_INVALID',
      details: { problem: expect.stringContaining('not a matter of the row alone') },
    });
  });

  test.each([
    { where: 'unknown = 1', why: 'a column that is not there' },
    { where: 'foo(id)', why: 'a function that is not there' },
    { where: 'sum(id) > 1', why: 'an aggregate' },
    { where: 'count(*) > 1', why: 'a count' },
    { where: 'unnest([1, 2]) = 1', why: 'what makes several rows' },
    { where: "read_text('/etc/passwd') = ''", why: 'a table function as a value' },
    { where: "getenv('HOME') = ''", why: 'the environment' },
    { where: "'abc'", why: 'a text that is neither true nor false' },
    { where: 'CAST(name AS INTEGER) > 1', why: 'a value that can not be converted' },
    { where: 'sqrt(id - 5) > 1', why: 'a value that a function does not take' },
    { where: "regexp_matches(name, '[')", why: 'a pattern that is none' },
    { where: 'c0 = 1', why: "the reader's own name for a column" },
    { where: 'file_row_number = 1', why: "DuckDB's number of a row" },
    { where: 'filename IS NOT NULL', why: "DuckDB's name of a file" },
    { where: 'asof_p IS NOT NULL', why: "the reader's own name for partition values" },
    { where: 'rowid = 1', why: "DuckDB's number of a row elsewhere" },
  ])('when it is used: $why', async ({ where }) => {
    await expect(matching(where)).rejects.toMatchObject({
      code: 'FILTER_INVALID',
      details: { filter: where },
    });
  });

  test.each([
    { where: `${'('.repeat(3000)}true${')'.repeat(3000)}`, why: 'brackets' },
    { where: `id${' + 1'.repeat(20_000)} > 0`, why: 'sums' },
    { where: `${'NOT '.repeat(20_000)}true`, why: 'negations' },
  ])('or answered, and crashing nothing: very deep $why', async ({ where }) => {
    const outcome = await matching(where).catch(({ code }) => code);
    expect(outcome === 'FILTER_INVALID' || Array.isArray(outcome)).toBe(true);
  });
});

test('a CHAR is compared without the spaces at its end, or not at all', async () => {
  const { rows } = await writtenTable(
    { id: 'long', c: 'string' },
    [{ sql: "SELECT 1 AS id, 'ab' AS c" }],
    { metadata: { c: { __CHAR_VARCHAR_TYPE_STRING: 'char(4)' } } },
  );
  const ids = async (where: string) => await rows({ selection: { columns: ['id'], where } });
  for (const where of ["rtrim(c) = 'ab'", "trim(C) LIKE 'a%'"]) {
    expect(await ids(where), where).toEqual([[1n]]);
  }
  for (const where of [
    "c = 'ab'",
    'c = rtrim(c)',
    "rtrim(c, 'b') = 'a'",
    "id = 1 AND c = 'ab  '",
  ]) {
    await expect(ids(where), where).rejects.toMatchObject({
      code: 'FILTER_INVALID',
      details: { problem: expect.stringContaining('rtrim(c)') },
    });
  }
});

test('a column goes before a word of SQL that has its name', async () => {
  const { rows } = await writtenTable({ user: 'string', current_date: 'date' }, [
    { sql: 'SELECT \'me\' AS "user", DATE \'2026-01-31\' AS "current_date"' },
  ]);
  const where = `"user" = 'me' AND user = 'me' AND current_date = DATE '2026-01-31' AND CURRENT_DATE < DATE '2026-02-01'`;
  expect(await rows({ selection: { where } })).toHaveLength(1);
});

describe('even if a filter did get through', () => {
  test('files outside of the folders that a version needs can not be read or written', async () => {
    const secret = join(await temporaryFolder(), 'secret.csv');
    await writeFile(secret, 'a\n1\n');
    const folder = await temporaryFolder();
    const inside = join(folder, 'inside.csv');
    await writeFile(inside, 'a\n1\n');
    const confined = await openSession({});
    try {
      await confined.confine([folder]);
      expect(await confined.rows(`FROM read_csv(${quoteText(inside)})`)).toHaveLength(1);
      for (const sql of [
        `FROM read_csv(${quoteText(secret)})`,
        `FROM read_text(${quoteText(secret)})`,
        `FROM read_blob('/etc/passwd')`,
        `FROM glob('/etc/*')`,
        `FROM read_csv(${quoteText(join(folder, '..', secret.split('/').slice(-2).join('/')))})`,
        `FROM read_csv('https://example.com/x.csv')`,
        `COPY (SELECT 1) TO ${quoteText(`${secret}.out`)}`,
        `ATTACH ${quoteText(`${secret}.db`)}`,
        `LOAD httpfs`,
        `INSTALL httpfs`,
        'SET enable_external_access = true',
        `SET allowed_directories = ['/']`,
        `SET temp_directory = '/'`,
        'RESET memory_limit',
        `CREATE SECRET s (TYPE s3)`,
      ]) {
        await expect(confined.run(sql), sql).rejects.toThrow();
      }
      expect(await readFile(secret, 'utf8')).toBe('a\n1\n');
    } finally {
      await confined.close();
    }
  });

  test('no extension is fetched', async () => {
    await expect(session.run("FROM read_xlsx('x.xlsx')")).rejects.toThrow();
    await expect(session.run("FROM 's3://bucket/x.parquet'")).rejects.toThrow();
  });
});
