import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

// What DuckDB alone makes of all Parquet files in a folder. Usage: duckdb-copy.js FOLDER OUT

const [, , folder = '', out = ''] = process.argv;
const files = (await readdir(folder)).filter((name) => name.endsWith('.parquet')).sort();
const list = files.map((name) => `'${join(folder, name)}'`).join(', ');
await mkdir(out);
const instance = await DuckDBInstance.create(':memory:');
const connection = await instance.connect();
await connection.run(
  `COPY (SELECT * FROM read_parquet([${list}])) TO '${join(out, 'part-00000.parquet')}' (FORMAT parquet, COMPRESSION zstd)`,
);
connection.closeSync();
instance.closeSync();
