import { LineageError } from '../../base/errors.ts';
import { mapParallel } from '../../base/parallel.ts';
import { numRecords } from '../file-stats.ts';
import type { DataFile, Snapshot, Snapshots } from '../snapshot.ts';
import { checkedPartitionValue, translatedPartitions } from './partition-values.ts';
import { escapeGlob } from './quote.ts';
import { rowsPerPiece, type ScanSql } from './scan-sql.ts';
import type { DuckdbSession } from './session.ts';

/** A file of the snapshot, its statistics cut down to what reading needs. */
export interface ScanFile extends Omit<DataFile, 'stats'> {
  /** Rows in the file, the deleted ones among them; undefined when the log does not say. */
  readonly numRecords: number | undefined;
}

/**
 * Oldest first by the writer's modification time, then by path: always the same order for the same version.
 *
 * @throws LineageError LOG_DAMAGED where a file is there twice, as in a checkpoint that has it or a sidecar twice: Spark takes one of them
 */
export async function filesInOrder(
  table: string,
  snapshot: Snapshot,
  signal: AbortSignal | undefined,
): Promise<readonly ScanFile[]> {
  const files: ScanFile[] = [];
  for await (const batch of snapshot.files(signal && { signal })) {
    for (const { stats, ...file } of batch) {
      files.push({ ...file, numRecords: numRecords(stats) });
    }
  }
  files.sort(
    (a, b) => a.modifiedAt - b.modifiedAt || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0),
  );
  const seen = new Set<string>();
  const twin = files.find((file) => seen.size === seen.add(keyOf(file)).size);
  if (twin === undefined) return files;
  const problem = `it has ${twin.path} twice.`;
  throw new LineageError('LOG_DAMAGED', { table, file: '_delta_log', problem });
}

/** With another deletion vector it is another file. */
function keyOf({ path, deletionVector }: ScanFile): string {
  if (!deletionVector) return path;
  const { storageType, pathOrInlineDv, offset } = deletionVector;
  return `${path} ${storageType}${pathOrInlineDv}@${offset ?? ''}`;
}

/** Rows that reading all of the files must give; undefined when the log has no statistics for one of them. */
export function expectedRows(files: readonly ScanFile[]): number | undefined {
  let rows = 0;
  for (const { numRecords: records, deletionVector } of files) {
    if (records === undefined) return undefined;
    rows += records - (deletionVector?.cardinality ?? 0);
  }
  return rows;
}

/** @throws LineageError FILES_MISSING, FILE_CHANGED */
export async function checkFiles(
  table: string,
  version: number,
  snapshots: Snapshots,
  files: readonly ScanFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const { missing, changed } = await snapshots.audit(files, signal && { signal });
  const [example] = missing.map(({ path }) => path).sort();
  if (example !== undefined) {
    const details = { table, version, missing: missing.length, of: files.length, example };
    throw new LineageError('FILES_MISSING', details);
  }
  const [first] = changed;
  if (first !== undefined) {
    const { file, sizeBytes } = first;
    const details = { table, file: file.path, bytes: sizeBytes, expected: file.sizeBytes };
    throw new LineageError('FILE_CHANGED', details);
  }
}

/** Sets the variables that `scanSql` looks things up in. */
export async function setFiles(
  session: DuckdbSession,
  table: string,
  snapshot: Snapshot,
  files: readonly ScanFile[],
  sql: ScanSql,
  signal: AbortSignal | undefined,
): Promise<void> {
  const texts = sql.partitionKeys.map((_, index) => `p${index} VARCHAR`);
  await session.run(
    `CREATE TEMP TABLE asof_partition_texts (${['file_index BIGINT', 'path VARCHAR', ...texts].join(', ')})`,
  );
  const appender = await session.connection.createAppender('asof_partition_texts');
  for (const [index, { location, partitionValues }] of files.entries()) {
    appender.appendBigInt(BigInt(index));
    appender.appendVarchar(escapeGlob(location));
    for (const { name, type } of sql.partitionKeys) {
      const value = partitionValues[name];
      if (value === undefined || value === null) appender.appendNull();
      else appender.appendVarchar(checkedPartitionValue(table, value, type));
    }
    appender.endRow();
  }
  appender.closeSync();
  await session.run(
    'SET VARIABLE asof_files = (SELECT list(path ORDER BY file_index) FROM asof_partition_texts)',
  );
  if (sql.partitionKeys.length > 0) {
    await session
      .run(`SET VARIABLE asof_partitions = (${sql.partitions})`)
      .catch((error: unknown) => {
        throw translatedPartitions(error, table);
      });
  }
  if (files.some(({ deletionVector }) => deletionVector)) {
    await setDeletedRows(session, snapshot, files, signal);
  }
  await session.run('DROP TABLE asof_partition_texts');
}

async function setDeletedRows(
  session: DuckdbSession,
  snapshot: Snapshot,
  files: readonly ScanFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await session.run(
    'CREATE TEMP TABLE asof_deleted_rows (file_index BIGINT, piece BIGINT, bits BLOB)',
  );
  const appender = await session.connection.createAppender('asof_deleted_rows');
  await mapParallel(
    files,
    8,
    async ({ deletionVector }, index) => {
      if (deletionVector === undefined) return;
      const rows = await snapshot.deletedRows(deletionVector, signal && { signal });
      for (const [piece, bits] of piecesOf(rows).entries()) {
        appender.appendBigInt(BigInt(index));
        appender.appendBigInt(BigInt(piece));
        if (bits === undefined) appender.appendNull();
        else appender.appendBlob(bits);
        appender.endRow();
      }
    },
    { signal },
  );
  appender.closeSync();
  await session.run(
    `CREATE TEMP TABLE asof_deleted_places AS
       SELECT t.file_index, min(place) AS first, max(place) AS last
       FROM asof_partition_texts AS t
       LEFT JOIN (SELECT file_index, row_number() OVER (ORDER BY file_index, piece) AS place FROM asof_deleted_rows)
         USING (file_index)
       GROUP BY t.file_index`,
  );
  for (const end of ['first', 'last']) {
    await session.run(
      `SET VARIABLE asof_deleted_${end} = (SELECT list(${end} ORDER BY file_index) FROM asof_deleted_places)`,
    );
  }
  await session.run(
    'SET VARIABLE asof_deleted = (SELECT list(bits::BIT ORDER BY file_index, piece) FROM asof_deleted_rows)',
  );
  await session.run('DROP TABLE asof_deleted_rows');
  await session.run('DROP TABLE asof_deleted_places');
}

/**
 * One bit a row, the first row leftmost, as DuckDB casts bytes to BIT, in pieces of `rowsPerPiece`; undefined for a piece without a
 * deleted row, and at the end for all rows that follow.
 */
function piecesOf(rows: Float64Array): readonly (Uint8Array | undefined)[] {
  const last = rows.at(-1);
  const count = last === undefined ? 0 : Math.floor(last / rowsPerPiece) + 1;
  const pieces = new Array<Uint8Array | undefined>(count + 1).fill(undefined);
  for (const row of rows) {
    const piece = Math.floor(row / rowsPerPiece);
    const bits = pieces[piece] ?? new Uint8Array(rowsPerPiece / 8);
    pieces[piece] = bits;
    const place = row % rowsPerPiece;
    bits[place >> 3] = (bits[place >> 3] ?? 0) | (0x80 >> (place & 7));
  }
  return pieces;
}
