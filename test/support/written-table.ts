import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { duckdbReader } from '../../src/delta/duckdb/duckdb-reader.ts';
import { localTableStore } from '../../src/delta/log/local-table-store.ts';
import { logSnapshots } from '../../src/delta/log/log-snapshots.ts';
import type { Snapshot, Snapshots } from '../../src/delta/snapshot.ts';
import type { ReadOptions, TableReader } from '../../src/delta/table-reader.ts';
import { inlineVector } from './deletion-vector.ts';
import {
  type Action,
  addAction,
  infoAction,
  metaDataAction,
  protocolAction,
  writeLog,
} from './delta-log.ts';
import { temporaryFolder } from './tables.ts';

/** One data file of a table that a test writes itself. */
export interface NewFile {
  /** Gives its rows, with the columns as the file has them. */
  readonly sql: string;
  readonly partitionValues?: Readonly<Record<string, string | null>>;
  /** Indexes of rows that a deletion vector takes away. */
  readonly deleted?: readonly number[];
  /** Instead of the real count; false for a file without statistics. */
  readonly numRecords?: number | false;
  /** Statistics. */
  readonly minValues?: Readonly<Record<string, unknown>>;
  /** More options for DuckDB's COPY. */
  readonly copy?: string;
  /** Statements that DuckDB runs before. */
  readonly before?: readonly string[];
  readonly path?: string;
  readonly modifiedAt?: number;
  /** What the writer notes in the file. */
  readonly notes?: Readonly<Record<string, string>>;
}

export interface WrittenTable {
  readonly folder: string;
  readonly snapshot: Snapshot;
  readonly snapshots: Snapshots;
  readonly reader: TableReader;
  /** All rows, in the order in which they come. */
  rows(options?: ReadOptions): Promise<readonly (readonly unknown[])[]>;
}

/**
 * A table of one commit, for what the tables under fixtures do not have: its files are written by DuckDB, its log by hand.
 *
 * @param columns Delta types by name, in order
 */
export async function writtenTable(
  columns: Readonly<Record<string, unknown>>,
  files: readonly NewFile[],
  options: {
    readonly partitionColumns?: readonly string[];
    readonly folder?: string;
    /** Of columns, by their names. */
    readonly metadata?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly properties?: Readonly<Record<string, string>>;
  } = {},
): Promise<WrittenTable> {
  const folder = options.folder ?? join(await temporaryFolder(), 'table');
  const partitionColumns = options.partitionColumns ?? [];
  const fields = Object.entries(columns).map(([name, type]) => ({
    name,
    type,
    nullable: true,
    metadata: options.metadata?.[name] ?? {},
  }));
  const adds = await writeFiles(folder, files);
  const protocol = protocolAction({
    minReaderVersion: 3,
    minWriterVersion: 7,
    readerFeatures: ['columnMapping', 'deletionVectors', 'timestampNtz', 'variantType'],
    writerFeatures: ['columnMapping', 'deletionVectors', 'timestampNtz', 'variantType'],
  });
  const configuration = options.properties ?? {};
  const metaData = metaDataAction({ fields, partitionColumns, configuration });
  await writeLog([[infoAction(), protocol, metaData, ...adds]], { folder });
  return await openWritten(folder);
}

/** A table in a folder, at its first version. */
async function openWritten(folder: string): Promise<WrittenTable> {
  const snapshots = logSnapshots(localTableStore(folder), 't');
  const reader = duckdbReader('t', snapshots);
  const snapshot = await snapshots.at(0);
  return {
    folder,
    snapshot,
    snapshots,
    reader,
    async rows(read) {
      const rows: unknown[][] = [];
      for await (const batch of reader.rows(snapshot, read)) {
        const values = batch.columns.map((_, column) => batch.values(column));
        for (let row = 0; row < batch.rowCount; row++) rows.push(values.map((of) => of[row]));
      }
      return rows;
    },
  };
}

async function writeFiles(folder: string, files: readonly NewFile[]): Promise<readonly Action[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    const adds: Action[] = [];
    for (const [index, file] of files.entries()) {
      const { sql, partitionValues = {}, deleted, numRecords, minValues, copy, modifiedAt } = file;
      const noted = Object.entries(file.notes ?? {}).map(([key, value]) => `'${key}': '${value}'`);
      const options = [
        'FORMAT parquet',
        ...(copy === undefined ? [] : [copy]),
        ...(noted.length > 0 ? [`KV_METADATA {${noted.join(', ')}}`] : []),
      ].join(', ');
      const path = file.path ?? `part-${String(index).padStart(5, '0')}.parquet`;
      const target = join(folder, path);
      for (const statement of file.before ?? []) await connection.run(statement);
      await mkdir(dirname(target), { recursive: true });
      const written = await connection.runAndReadAll(
        `COPY (${sql}) TO '${target.replaceAll("'", "''")}' (${options})`,
      );
      const count = numRecords ?? Number(written.getRows()[0]?.[0]);
      adds.push(
        addAction(encodeURI(path), {
          partitionValues,
          size: (await stat(target)).size,
          modificationTime: modifiedAt ?? 1_700_000_000_000 + index,
          ...(count === false
            ? { stats: undefined }
            : { stats: JSON.stringify({ numRecords: count, minValues }) }),
          ...(deleted && { deletionVector: inlineVector(deleted) }),
        }),
      );
    }
    return adds;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
