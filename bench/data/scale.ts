import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { inlineVector } from '../../test/support/deletion-vector.ts';
import type { Bench } from '../subject.ts';

/** A table that is large in one way. */
export interface ScaleTable {
  readonly title: string;
  readonly path: string;
  /** Whether its data files exist, so that rows can be read. */
  readonly hasRows: boolean;
}

interface Making {
  readonly title: string;
  readonly hasRows: boolean;
  make(table: string, duckdb: DuckDBConnection): Promise<void>;
}

const tables: Readonly<Record<string, Making>> = {
  'many-commits': {
    title: '100,000 commits, a checkpoint 100 before the last',
    hasRows: false,
    make: manyCommits,
  },
  'many-files': { title: '1,000,000 files in a checkpoint', hasRows: false, make: manyFiles },
  'tiny-files': { title: '10,000 files of ten rows', hasRows: true, make: tinyFiles },
  'many-deleted': {
    title: 'one file of 10,000,000 rows, half of them deleted',
    hasRows: true,
    make: manyDeleted,
  },
  'many-columns': { title: '2,000 columns', hasRows: true, make: manyColumns },
};

/** Made once, without Spark: the data is made up, the layout is what Spark writes. */
export async function scaleTables({ cache, note }: Bench): Promise<readonly ScaleTable[]> {
  const made: ScaleTable[] = [];
  for (const [name, { title, hasRows, make }] of Object.entries(tables)) {
    const path = join(cache, 'scale', name);
    made.push({ title, path, hasRows });
    if (existsSync(path)) continue;
    note(`making a table of ${title}`);
    const staging = `${path}.partial`;
    await rm(staging, { recursive: true, force: true });
    await mkdir(join(staging, '_delta_log'), { recursive: true });
    const instance = await DuckDBInstance.create(':memory:', { memory_limit: '2GB' });
    const connection = await instance.connect();
    await make(staging, connection);
    connection.closeSync();
    instance.closeSync();
    await rename(staging, path);
  }
  return made;
}

async function manyCommits(table: string, duckdb: DuckDBConnection): Promise<void> {
  const [commits, checkpoint] = [100_000, 99_899];
  await inLanes(commits, (version) =>
    writeCommit(table, version, [
      commitInfo(version),
      ...(version === 0 ? [protocol(), metaData({ id: 'long', x: 'double', p: 'string' })] : []),
      add(`part-${pad(version, 8)}-c000.snappy.parquet`, {
        size: 1234,
        stats: plainStats(version),
      }),
    ]),
  );
  await writeCheckpoint(table, duckdb, checkpoint, checkpoint + 1, {
    id: 'long',
    x: 'double',
    p: 'string',
  });
}

async function manyFiles(table: string, duckdb: DuckDBConnection): Promise<void> {
  const columns = { id: 'long', x: 'double', p: 'string' };
  await writeCheckpoint(table, duckdb, 10, 1_000_000, columns);
  await writeCommit(table, 10, [commitInfo(10)]);
}

async function tinyFiles(table: string, duckdb: DuckDBConnection): Promise<void> {
  const columns = { id: 'long', x: 'double', p: 'string' };
  const count = 10_000;
  const first = join(table, fileName(0));
  await duckdb.run(
    `COPY (SELECT i AS id, i / 7 AS x, 'p' || i AS p FROM range(10) AS t(i)) TO '${first}' (FORMAT parquet, COMPRESSION snappy)`,
  );
  const { size } = await stat(first);
  await inLanes(count - 1, (index) => copyFile(first, join(table, fileName(index + 1))));
  const added = Array.from({ length: count }, (_, index) =>
    add(fileName(index), { size, stats: { numRecords: 10 } }),
  );
  await writeCommit(table, 0, [commitInfo(0), protocol(), metaData(columns), ...added]);
}

async function manyDeleted(table: string, duckdb: DuckDBConnection): Promise<void> {
  const count = 10_000_000;
  const file = join(table, fileName(0));
  await duckdb.run(
    `COPY (SELECT i AS id, (i * 7919 % 1000003)::DOUBLE AS x FROM range(${count}) AS t(i)) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`,
  );
  const { size } = await stat(file);
  const deletionVector = inlineVector(Array.from({ length: count / 2 }, (_, index) => index * 2));
  await writeCommit(table, 0, [
    commitInfo(0),
    protocol(['deletionVectors']),
    metaData({ id: 'long', x: 'double' }),
    add(fileName(0), { size, stats: { numRecords: count }, deletionVector }),
  ]);
}

async function manyColumns(table: string, duckdb: DuckDBConnection): Promise<void> {
  const names = Array.from({ length: 2000 }, (_, index) => `feature_${index}`);
  const file = join(table, fileName(0));
  await duckdb.run(
    `COPY (SELECT ${names.map((name, index) => `i * ${index} / 3 AS ${name}`).join(', ')} FROM range(1000) AS t(i)) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`,
  );
  const { size } = await stat(file);
  const columns = Object.fromEntries(names.map((name) => [name, 'double']));
  await writeCommit(table, 0, [
    commitInfo(0),
    protocol(),
    metaData(columns),
    add(fileName(0), { size, stats: { numRecords: 1000 } }),
  ]);
}

/** A classic checkpoint of a table of so many files, with statistics as JSON. */
async function writeCheckpoint(
  table: string,
  duckdb: DuckDBConnection,
  version: number,
  files: number,
  columns: Readonly<Record<string, string>>,
): Promise<void> {
  const { protocol: versions } = protocol();
  const { metaData: meta } = metaData(columns);
  const stats = `'{"numRecords":100,"minValues":{"id":' || i * 100 || ',"x":0.5,"p":"aaa"},"maxValues":{"id":' || i * 100 + 99 || ',"x":99.5,"p":"zzz"},"nullCount":{"id":0,"x":0,"p":0}}'`;
  const types = {
    protocol: 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER)',
    metaData:
      'STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)',
    add: 'STRUCT(path VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, tags MAP(VARCHAR, VARCHAR), stats VARCHAR)',
    remove:
      'STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), size BIGINT)',
    txn: 'STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)',
  };
  const row = (values: Readonly<Record<string, string>>) =>
    Object.entries(types)
      .map(([name, type]) => `CAST(${values[name] ?? 'NULL'} AS ${type}) AS "${name}"`)
      .join(', ');
  const rows = [
    `SELECT ${row({ protocol: `{minReaderVersion: ${versions.minReaderVersion}, minWriterVersion: ${versions.minWriterVersion}}` })}`,
    `SELECT ${row({ metaData: `{id: '${meta.id}', name: NULL, description: NULL, format: {provider: 'parquet', options: MAP {}}, schemaString: '${meta.schemaString}', partitionColumns: [], configuration: MAP {}, createdTime: ${meta.createdTime}}` })}`,
    `SELECT ${row({ add: `{path: 'part-' || lpad(i::VARCHAR, 8, '0') || '-c000.snappy.parquet', partitionValues: MAP {}, size: 1234, modificationTime: ${start} + i, dataChange: false, tags: NULL, stats: ${stats}}` })} FROM range(${files}) AS t(i)`,
  ];
  await duckdb.run(
    `COPY (${rows.join(' UNION ALL ')}) TO '${join(table, '_delta_log', `${pad(version, 20)}.checkpoint.parquet`)}' (FORMAT parquet, COMPRESSION snappy)`,
  );
  const hint = JSON.stringify({ version, size: files + 2 });
  await writeFile(join(table, '_delta_log', '_last_checkpoint'), hint);
}

const start = Date.UTC(2025, 0, 1);
const pad = (number: number, digits: number) => String(number).padStart(digits, '0');
const fileName = (index: number) => `part-${pad(index, 8)}-c000.snappy.parquet`;

const commitInfo = (version: number) => ({
  commitInfo: {
    timestamp: start + version * 1000,
    operation: 'WRITE',
    operationParameters: { mode: 'Append' },
  },
});

const protocol = (features: readonly string[] = []) => ({
  protocol:
    features.length === 0
      ? { minReaderVersion: 1, minWriterVersion: 2 }
      : {
          minReaderVersion: 3,
          minWriterVersion: 7,
          readerFeatures: features,
          writerFeatures: features,
        },
});

const metaData = (columns: Readonly<Record<string, string>>) => ({
  metaData: {
    id: '5fba94ed-0000-4000-8000-000000000004',
    format: { provider: 'parquet', options: {} },
    schemaString: JSON.stringify({
      type: 'struct',
      fields: Object.entries(columns).map(([name, type]) => ({
        name,
        type,
        nullable: true,
        metadata: {},
      })),
    }),
    partitionColumns: [],
    configuration: {},
    createdTime: start,
  },
});

function add(
  path: string,
  {
    stats,
    ...fields
  }: { readonly size: number; readonly stats: object; readonly deletionVector?: object },
) {
  return {
    add: {
      path,
      partitionValues: {},
      modificationTime: start,
      dataChange: true,
      stats: JSON.stringify(stats),
      ...fields,
    },
  };
}

const plainStats = (version: number) => ({
  numRecords: 100,
  minValues: { id: version * 100, x: 0.5, p: 'aaa' },
  maxValues: { id: version * 100 + 99, x: 99.5, p: 'zzz' },
  nullCount: { id: 0, x: 0, p: 0 },
});

async function writeCommit(
  table: string,
  version: number,
  actions: readonly object[],
): Promise<void> {
  const text = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
  await writeFile(join(table, '_delta_log', `${pad(version, 20)}.json`), text);
}

/** Work on each number below `count`, some at a time. */
async function inLanes(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 32 }, lane));
}
