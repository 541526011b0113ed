import { existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Bench } from '../subject.ts';

export const rows = 10_000_000;
const fileCount = 32;

/** A column by its Delta type and a DuckDB expression over the row number `i`. */
const columns: readonly (readonly [name: string, type: string, value: string])[] = [
  ['id', 'long', 'i'],
  ['user_id', 'integer', '(i * 7919 % 1000003)::INTEGER'],
  ['category', 'short', '(i % 97)::SMALLINT'],
  ['tier', 'byte', '(i % 7)::TINYINT'],
  ['bucket', 'long', 'i % 11'],
  ['visits', 'integer', `${chance(1)} % 100`],
  ['score', 'double', `${chance(2)} / 1e9`],
  ['ratio', 'float', `(${chance(3)} / 1e9)::FLOAT`],
  ['feature_1', 'double', `${chance(4)} / 1e7`],
  ['feature_2', 'double', `${chance(5)} / 1e6`],
  ['feature_3', 'double', `CASE WHEN ${chance(6)} % 10 > 0 THEN ${chance(6)} / 2e8 END`],
  ['price', 'decimal(12,2)', `(${chance(7)} % 1000000 / 100)::DECIMAL(12,2)`],
  ['amount', 'decimal(18,4)', '(i * 1.25)::DECIMAL(18,4)'],
  ['is_active', 'boolean', 'i % 3 = 0'],
  ['day', 'date', `DATE '2020-01-01' + (i % 1500)::INTEGER`],
  ['seen_at', 'timestamp', 'make_timestamptz(1577836800000000 + i % 100000000 * 1000003)'],
  ['joined_at', 'timestamp', 'make_timestamptz(1609459200000000 + i % 1000 * 3600000000)'],
  ['email', 'string', `'user' || (i % 100000) || '@example.com'`],
  ['label', 'string', `'label' || (i % 10)`],
  ['token', 'string', 'md5(i::VARCHAR)'],
];

/** A whole number below a billion that looks like chance, and is the same each time. */
function chance(salt: number): string {
  return `(hash(i * 64 + ${salt}) % 1000000000)::INTEGER`;
}

/** A table of ten million rows of twenty columns in 32 files. */
export async function manyRows({ cache, note }: Bench): Promise<string> {
  const table = join(cache, 'many-rows');
  if (existsSync(table)) return table;
  note(`making a table of ${rows.toLocaleString('en')} rows`);
  const staging = `${table}.partial`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(join(staging, '_delta_log'), { recursive: true });
  const files = await writeFiles(staging);
  const log = [protocol, metaData, ...files].map((action) => `${JSON.stringify(action)}\n`);
  await writeFile(join(staging, '_delta_log', `${'0'.repeat(20)}.json`), log.join(''));
  await rename(staging, table);
  return table;
}

async function writeFiles(table: string): Promise<readonly object[]> {
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB' });
  const connection = await instance.connect();
  const select = columns.map(([name, , value]) => `${value} AS ${name}`).join(', ');
  const perFile = rows / fileCount;
  const added: object[] = [];
  for (let file = 0; file < fileCount; file++) {
    const path = `part-${String(file).padStart(5, '0')}.snappy.parquet`;
    const range = `range(${file * perFile}, ${(file + 1) * perFile}) AS t(i)`;
    await connection.run(
      `COPY (SELECT ${select} FROM ${range}) TO '${join(table, path)}' (FORMAT parquet, COMPRESSION snappy)`,
    );
    const { size, mtimeMs } = await stat(join(table, path));
    added.push({
      add: {
        path,
        partitionValues: {},
        size,
        modificationTime: Math.floor(mtimeMs),
        dataChange: true,
        stats: JSON.stringify({ numRecords: perFile }),
      },
    });
  }
  connection.closeSync();
  instance.closeSync();
  return added;
}

const protocol = { protocol: { minReaderVersion: 1, minWriterVersion: 2 } };
const metaData = {
  metaData: {
    id: '9c0e5f0a-0000-4000-8000-000000000000',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({
      type: 'struct',
      fields: columns.map(([name, type]) => ({ name, type, nullable: true, metadata: {} })),
    }),
    partitionColumns: [],
    configuration: {},
    createdTime: Date.UTC(2026, 0, 1),
  },
};
