import { dirname, join } from 'node:path';
import { closest } from '../../base/closest.ts';
import { LineageError } from '../../base/errors.ts';
import type { Selection } from '../read-spec.ts';
import { holds } from '../schema.ts';
import type { Snapshot, Snapshots } from '../snapshot.ts';
import type { OutputFormat, ReadOptions, RowBatch, TableReader } from '../table-reader.ts';
import { translated, translatedPartitions } from './failures.ts';
import { type FileShape, fileShapes } from './file-shapes.ts';
import { checkFiles, expectedRows, filesInOrder, type ScanFile, setFiles } from './files.ts';
import { checkFilter } from './filter.ts';
import { misfit } from './misfit.ts';
import { checkOldTimes, timesIn } from './old-times.ts';
import { escapeGlob, quoteName, quoteText } from './quote.ts';
import { type ScanSql, scanSql } from './scan-sql.ts';
import { type DuckdbSession, openSession } from './session.ts';

/**
 * Rows through DuckDB, from exactly the files of a snapshot: oldest file first (by the writer's modification time, then by path),
 * in each file in its own order. So the same version always comes out in the same order.
 *
 * @param table the table's name in messages
 * @param snapshots the engine that gave the snapshots; it is asked whether their files are still there
 */
export function duckdbReader(table: string, snapshots: Snapshots): TableReader {
  return {
    async write(snapshot, directory, options = {}) {
      const { format = 'parquet' } = options;
      const file = `part-00000.${extensions[format]}`;
      const scan = await openScan(table, snapshots, snapshot, options, { directory, format });
      const stopWatching = watch(scan, options);
      try {
        const target = quoteText(join(directory, file));
        const [[count] = []] = await scan.session.rows(
          `COPY (${scan.select}) TO ${target} (${copyOptions[format]})`,
        );
        const rows = Number(count);
        checkCount(table, snapshot, scan, rows);
        return { rows, files: [file] };
      } catch (error) {
        throw translated(error, table, { ...options, directory });
      } finally {
        stopWatching();
        await scan.session.close();
      }
    },

    async *rows(snapshot, options = {}) {
      const scan = await openScan(table, snapshots, snapshot, options);
      try {
        const { plainValues } = await import('./plain-values.ts');
        const result = await scan.session.stream(scan.select);
        const columns = result.columnNames();
        let rows = 0;
        for await (const chunk of result) {
          options.signal?.throwIfAborted();
          rows += chunk.rowCount;
          const batch: RowBatch = {
            rowCount: chunk.rowCount,
            columns,
            values: (column) => plainValues(chunk.getColumnValues(column)),
          };
          yield batch;
        }
        checkCount(table, snapshot, scan, rows);
      } catch (error) {
        throw translated(error, table, options);
      } finally {
        await scan.session.close();
      }
    },
  };
}

const extensions: Record<OutputFormat, string> = {
  parquet: 'parquet',
  csv: 'csv',
  ndjson: 'ndjson',
};

const copyOptions: Record<OutputFormat, string> = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  csv: 'FORMAT csv, HEADER true',
  ndjson: 'FORMAT json, ARRAY false',
};

interface Scan {
  readonly session: DuckdbSession;
  /** Gives the selected rows and columns. */
  readonly select: string;
  readonly sizeBytes: number;
  /** Absent when rows are filtered, or when the log does not say. */
  readonly expectedRows?: number;
}

async function openScan(
  table: string,
  snapshots: Snapshots,
  snapshot: Snapshot,
  options: ReadOptions,
  target?: { readonly directory: string; readonly format: OutputFormat },
): Promise<Scan> {
  const { signal, selection = {} } = options;
  const columns = selectedColumns(table, snapshot, selection);
  const listed = await filesInOrder(snapshot, signal);
  await checkFiles(table, snapshot.version, snapshots, listed, signal);
  const variants = snapshot.schema.fields.filter(({ type }) => holds(type, 'variant'));
  const unread = variants.filter(({ name }) => !columns.includes(name));
  const fields = snapshot.schema.fields.filter((field) => !unread.includes(field));
  const wanted = { ...snapshot, schema: { ...snapshot.schema, fields } };
  const how = {
    areNone: listed.length === 0,
    haveDeletedRows: listed.some(({ deletionVector }) => deletionVector),
    areVariantsText: target?.format !== 'parquet',
  };
  const sql = scanSql(table, wanted, how);
  const session = await openSession(options);
  try {
    if (selection.where !== undefined) {
      const names = snapshot.schema.fields.map(({ name }) => name);
      await checkFilter(session, selection.where, names, {
        unread: variants.map(({ name }) => name),
      });
    }
    const folders = foldersOf(listed.map(({ location }) => location));
    // DuckDB asks for permission with the path as it is given, which is escaped, and again with what it stands for.
    const readable = [...new Set([...folders, ...folders.map(escapeGlob)])];
    await session.confine(target === undefined ? readable : [...readable, target.directory]);
    const files = await readableVariants(session, listed, sql);
    await setFiles(session, snapshot, files, sql, signal).catch((error: unknown) => {
      throw translatedPartitions(error, table);
    });
    const shapes =
      files.length > 0 && sql.stored.length > 0 ? await fileShapes(session, files.length) : [];
    const read = selection.where === undefined ? columns : undefined;
    for (const shape of shapes) checkShape(table, sql, shape, read);
    const readFields = sql.stored.filter(({ name }) => read === undefined || read.includes(name));
    if (timesIn(readFields) > 0) {
      const old = listed.filter((file) => file.mayHoldOldTimes);
      await checkOldTimes(
        session,
        table,
        old.map(({ location }) => location),
      );
    }
    const { select } = scanSql(table, wanted, { ...how, shapes });
    const expected = expectedRows(files);
    const scan = {
      session,
      select: `SELECT ${columns.map(quoteName).join(', ')} FROM (${select})`,
      sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
      ...(expected !== undefined && { expectedRows: expected }),
    };
    if (selection.where === undefined) return scan;
    // Of filtered rows nobody can tell how many there should be, so they are counted before.
    const [[count] = []] = await session.rows(`SELECT count(*) FROM (${select})`);
    checkCount(table, snapshot, scan, Number(count));
    const { expectedRows: _, ...unchecked } = scan;
    return { ...unchecked, select: `${scan.select} WHERE (\n${selection.where}\n)` };
  } catch (error) {
    await session.close();
    throw translated(error, table, options);
  }
}

async function readableVariants(
  session: DuckdbSession,
  files: readonly ScanFile[],
  sql: ScanSql,
): Promise<readonly ScanFile[]> {
  const fields = sql.stored.filter(({ type }) => holds(type, 'variant'));
  if (fields.length === 0 || files.length === 0) return files;
  const { plainVariants, registerVariantText } = await import('./plain-variants.ts');
  await registerVariantText(session);
  return await plainVariants(session, files, fields, sql);
}

/**
 * The columns as the schema spells them, each once; Delta finds them in any letter case.
 *
 * @throws LineageError COLUMN_UNKNOWN
 */
function selectedColumns(
  table: string,
  { schema }: Snapshot,
  { columns }: Selection,
): readonly string[] {
  const names = schema.fields.map(({ name }) => name);
  if (columns?.length === 0) throw new TypeError('one column at least is selected');
  const found = (columns ?? names).map((column) => {
    const spelt =
      names.find((name) => name === column) ??
      names.find((name) => name.toLowerCase() === column.toLowerCase());
    if (spelt === undefined) {
      throw new LineageError('COLUMN_UNKNOWN', { table, column, closest: closest(column, names) });
    }
    return spelt;
  });
  return [...new Set(found)];
}

/** The fewest folders that hold all of the files; one, unless files of a shallow clone lie with another table. */
function foldersOf(locations: readonly string[]): readonly string[] {
  const folders = [...new Set(locations.map((location) => dirname(location)))].sort();
  return folders.filter((folder, index) => {
    const above = folders.slice(0, index).find((other) => folder.startsWith(join(other, '/')));
    return above === undefined;
  });
}

/**
 * @param read the columns that are; undefined for any
 * @throws LineageError FILE_DAMAGED when a column would come out as something else than the file holds
 */
function checkShape(
  table: string,
  { columnMapping, stored, physical, inFile }: ScanSql,
  shape: FileShape,
  read: readonly string[] | undefined,
): void {
  const { file, columns } = shape;
  // Such a file would come out as nulls.
  if (columnMapping === 'id' && columns.every(({ fieldId }) => fieldId === undefined)) {
    const problem = `${file} has no field ids, though the table's columns are mapped by id`;
    throw new LineageError('FILE_DAMAGED', { table, problem });
  }
  for (const field of stored) {
    if (read !== undefined && !read.includes(field.name)) continue;
    const type = inFile(field, shape)?.type;
    const found = type && misfit(field, type, physical);
    if (found === undefined) continue;
    throw new LineageError('FILE_DAMAGED', { table, problem: `in ${file}, ${found}.` });
  }
}

function checkCount(table: string, { version }: Snapshot, scan: Scan, rows: number): void {
  const expected = scan.expectedRows;
  if (expected !== undefined && expected !== rows) {
    throw new LineageError('ROWS_MISCOUNTED', { table, version, rows, expected });
  }
}

/** Reports how far DuckDB says it is, four times a second. */
function watch(scan: Scan, { onProgress }: ReadOptions): () => void {
  if (onProgress === undefined) return () => {};
  const timer = setInterval(() => {
    const percentage = scan.session.connection.progress.percentage;
    if (percentage < 0) return;
    const fraction = percentage / 100;
    onProgress({
      fraction,
      bytes: Math.round(fraction * scan.sizeBytes),
      ...(scan.expectedRows !== undefined && { rows: Math.round(fraction * scan.expectedRows) }),
    });
  }, 250);
  return () => clearInterval(timer);
}
