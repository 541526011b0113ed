import { dirname, join } from 'node:path';
import { LineageError } from '../../base/errors.ts';
import { canonicalSums } from '../canonical-row.ts';
import { type RowSums, rowDigest } from '../row-digest.ts';
import { type DeltaField, holds } from '../schema.ts';
import { refuseVariants, selectedFields } from '../selected-fields.ts';
import type { DataFile, Snapshot, Snapshots } from '../snapshot.ts';
import type { OutputFormat, ReadOptions, RowBatch, TableReader } from '../table-reader.ts';
import { isSnapshot, type VersionFacts } from '../version-facts.ts';
import { checkCalendar } from './check-calendar.ts';
import { checkShape } from './check-shape.ts';
import { duckdbDialect } from './dialect.ts';
import { translated } from './failures.ts';
import { fileShapes } from './file-shapes.ts';
import { checkFiles, expectedRows, filesInOrder, type ScanFile, setFiles } from './files.ts';
import { checkFilter } from './filter.ts';
import { copySql, extensions } from './output.ts';
import { escapeGlob, quoteName } from './quote.ts';
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
      const scan = await openScan(table, snapshots, fromLog(table, snapshot), options, {
        directory,
        format,
      });
      const stopWatching = watch(scan, options);
      try {
        const path = join(directory, file);
        const [[count] = []] = await scan.session.rows(
          copySql(scan.select, scan.fields, { path, format }),
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
      const scan = await openScan(table, snapshots, fromLog(table, snapshot), options);
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

    async digest(snapshot, options = {}) {
      refuseVariants(table, selectedFields(table, snapshot.schema, options.selection ?? {}));
      const scan = await openScan(table, snapshots, fromLog(table, snapshot), options);
      const stopWatching = watch(scan, options);
      try {
        const sql = canonicalSums(scan.fields, scan.select, duckdbDialect);
        const [[count, high, low] = []] = await scan.session.rows(sql);
        checkCount(table, snapshot, scan, Number(count));
        const sums = { count: String(count), high: String(high), low: String(low) };
        return rowDigest({ kind: 'struct', fields: scan.fields }, sums);
      } catch (error) {
        throw translated(error, table, options);
      } finally {
        stopWatching();
        await scan.session.close();
      }
    },

    async fileSums(snapshot, files, options = {}) {
      if (files.length === 0) return [];
      refuseVariants(table, snapshot.schema.fields);
      const found = new Map<string, RowSums>();
      await perFile(snapshot, files, options, async (scan, place) => {
        const sql = canonicalSums(scan.fields, scan.select, duckdbDialect, place);
        let rows = 0;
        for (const [index, count, high, low] of await scan.session.rows(sql)) {
          found.set(pathOf(scan, index), {
            count: String(count),
            high: String(high),
            low: String(low),
          });
          rows += Number(count);
        }
        checkCount(table, snapshot, scan, rows);
      });
      return files.map(({ path }) => found.get(path) ?? { count: '0', high: '0', low: '0' });
    },

    async fileCounts(snapshot, files, options) {
      if (files.length === 0) return [];
      const found = new Map<string, number>();
      await perFile(snapshot, files, options, async (scan, place) => {
        const sql = `SELECT ${place}, count(*) FROM (${scan.select}) GROUP BY 1`;
        for (const [index, count] of await scan.session.rows(sql)) {
          found.set(pathOf(scan, index), Number(count));
        }
      });
      return files.map(({ path }) => found.get(path) ?? 0);
    },
  };

  /** @param ask what of a scan of these files alone, which has the file of each row in a column */
  async function perFile(
    snapshot: Snapshot,
    files: readonly DataFile[],
    options: ReadOptions,
    ask: (scan: Scan, placeColumn: string) => Promise<void>,
  ): Promise<void> {
    const some: Snapshot = {
      ...snapshot,
      async *files() {
        yield files;
      },
    };
    const names = snapshot.schema.fields.map(({ name }) => name);
    const placeColumn = unlike('asof_file', names);
    const scan = await openScan(table, snapshots, some, options, undefined, placeColumn);
    const stopWatching = watch(scan, options);
    try {
      await ask(scan, quoteName(placeColumn));
    } catch (error) {
      throw translated(error, table, options);
    } finally {
      stopWatching();
      await scan.session.close();
    }
  }
}

function pathOf({ files }: Scan, index: unknown): string {
  const path = files[Number(index)]?.path;
  if (path === undefined) throw new TypeError('rows come from the files that are read');
  return path;
}

/** A name that none of these is; names of columns differ by more than their case. */
function unlike(name: string, names: readonly string[]): string {
  const isTaken = names.some((other) => other.toLowerCase() === name);
  return isTaken ? unlike(`${name}_`, names) : name;
}

/** @throws LineageError FILES_UNKNOWN */
function fromLog(table: string, facts: VersionFacts): Snapshot {
  if (isSnapshot(facts)) return facts;
  throw new LineageError('FILES_UNKNOWN', { table });
}

interface Scan {
  readonly session: DuckdbSession;
  readonly fields: readonly DeltaField[];
  /** Gives the selected rows and columns. */
  readonly select: string;
  /** In the order in which they are read. */
  readonly files: readonly ScanFile[];
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
  placeColumn?: string,
): Promise<Scan> {
  const { signal, selection = {} } = options;
  const columns = selectedFields(table, snapshot.schema, selection);
  const listed = await filesInOrder(table, snapshot, signal);
  await checkFiles(table, snapshot.version, snapshots, listed, signal);
  const variants = snapshot.schema.fields.filter(({ type }) => holds(type, 'variant'));
  const unread = variants.filter((field) => !columns.includes(field));
  const fields = snapshot.schema.fields.filter((field) => !unread.includes(field));
  const wanted = { ...snapshot, schema: { ...snapshot.schema, fields } };
  const how = {
    areNone: listed.length === 0,
    haveDeletedRows: listed.some(({ deletionVector }) => deletionVector),
    areVariantsText: target?.format !== 'parquet',
    placeColumn,
  };
  const sql = scanSql(table, wanted, how);
  const session = await openSession(options);
  try {
    if (selection.where !== undefined) await checkFilter(session, selection.where, snapshot.schema);
    const folders = foldersOf(listed.map(({ location }) => location));
    // DuckDB asks for permission with the path as it is given, which is escaped, and again with what it stands for.
    const readable = [...new Set([...folders, ...folders.map(escapeGlob)])];
    await session.confine(target === undefined ? readable : [...readable, target.directory]);
    const files = await readableVariants(session, listed, sql);
    const originals = new Map(
      files.map(({ location }, place) => [location, listed[place]?.location ?? location]),
    );
    const originalOf = (location: string) => originals.get(location) ?? location;
    await setFiles(session, table, snapshot, files, sql, signal);
    const shapes =
      files.length > 0 && sql.stored.length > 0 ? await fileShapes(session, files.length) : [];
    const read = selection.where === undefined ? columns.map(({ name }) => name) : undefined;
    for (const shape of shapes) {
      checkShape(table, sql, { ...shape, file: originalOf(shape.file) }, read);
    }
    const { select, dated } = scanSql(table, wanted, { ...how, shapes });
    if (files.length > 0) await checkCalendar(session, table, dated, originalOf);
    const expected = expectedRows(files);
    const names = columns.map(({ name }) => name);
    if (placeColumn !== undefined) names.push(placeColumn);
    const scan = {
      session,
      fields: columns,
      select: `SELECT ${names.map(quoteName).join(', ')} FROM (${select})`,
      files,
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

/** The fewest folders that hold all of the files; one, unless files of a shallow clone lie with another table. */
function foldersOf(locations: readonly string[]): readonly string[] {
  const folders = [...new Set(locations.map((location) => dirname(location)))].sort();
  return folders.filter((folder, index) => {
    const above = folders.slice(0, index).find((other) => folder.startsWith(join(other, '/')));
    return above === undefined;
  });
}

function checkCount(table: string, { version }: VersionFacts, scan: Scan, rows: number): void {
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
