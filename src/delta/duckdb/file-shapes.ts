import type { DuckDBType } from '@duckdb/node-api';
import { escapeGlob, quoteText } from './quote.ts';
import type { DuckdbSession } from './session.ts';

/** What columns some of the data files have. Most tables have files of one shape, or of a few. */
export interface FileShape {
  /** One of the files of this shape. */
  readonly file: string;
  readonly columns: readonly StoredColumn[];
}

/** Something in the schema of a Parquet file, which also has levels that are no value of their own: those of lists and maps. */
export interface StoredElement {
  readonly name: string;
  readonly fieldId?: number;
  /** A time in nanoseconds, of which DuckDB 1.5 gives microseconds where it has a time zone, and does not tell. */
  readonly isNanos?: boolean;
  readonly inner: readonly StoredElement[];
}

export interface StoredColumn extends StoredElement {
  readonly type: DuckDBType;
}

/** A footer takes about a third of a millisecond, and DuckDB 1.5 reads those of one list on one thread. */
const fewestInPart = 256;
const mostParts = 8;

/** The shapes of the files in `asof_files`. Reads their footers, once more than reading their rows does. */
export async function fileShapes(
  session: DuckdbSession,
  fileCount: number,
): Promise<readonly FileShape[]> {
  const filesPerPart = Math.max(fewestInPart, Math.ceil(fileCount / mostParts));
  const parts = [];
  for (let first = 1; first <= fileCount; first += filesPerPart) {
    parts.push(
      `SELECT file_name, bit_xor(md5_number(concat_ws(chr(31), ${described.join(', ')}))) AS shape
       FROM parquet_schema(getvariable('asof_files')[${first}:${first + filesPerPart - 1}]) GROUP BY file_name`,
    );
  }
  const found = await session.rows(
    `SELECT min(file_name) AS file FROM (${parts.join(' UNION ALL ')}) GROUP BY shape ORDER BY file`,
  );
  const shapes = [];
  for (const [path] of found) {
    const file = String(path);
    shapes.push({ file, columns: await storedColumns(session, file) });
  }
  return shapes;
}

const described = [
  'column_id',
  'name',
  'type',
  'type_length',
  'repetition_type',
  'num_children',
  'converted_type',
  'scale',
  'precision',
  'field_id',
  'logical_type',
].map((column) => `coalesce(${column}::VARCHAR, chr(30))`);

export async function storedColumns(
  session: DuckdbSession,
  file: string,
): Promise<readonly StoredColumn[]> {
  const source = quoteText(escapeGlob(file));
  const found = await session.columns(
    `SELECT * FROM read_parquet(${source}, hive_partitioning = false)`,
  );
  const elements = await session.rows(
    `SELECT name, num_children, field_id, coalesce(contains(logical_type, 'NANOS=NanoSeconds'), false)
     FROM parquet_schema(${source}) ORDER BY column_id`,
  );
  const rows = elements.values();
  // The first is the file itself.
  const { inner } = elementIn(rows);
  return found.map(({ type }, place) => {
    const element = inner[place];
    if (element === undefined) throw new TypeError('every column is in the schema of its file');
    return { ...element, type };
  });
}

/** What a list holds, below its one or two levels. */
export function itemIn({ inner: [repeated] }: StoredElement): StoredElement | undefined {
  return repeated?.inner.length === 1 ? repeated.inner[0] : repeated;
}

/** The next element, and those below it, which follow it. */
function elementIn(rows: Iterator<readonly unknown[]>): StoredElement {
  const [name, count, fieldId, isNanos] = rows.next().value ?? [];
  return {
    name: String(name),
    ...(fieldId !== null && fieldId !== undefined && { fieldId: Number(fieldId) }),
    ...(isNanos === true && { isNanos }),
    inner: Array.from({ length: Number(count ?? 0) }, () => elementIn(rows)),
  };
}
