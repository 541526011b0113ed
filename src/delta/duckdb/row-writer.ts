import { join } from 'node:path';
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import type { DeltaField, DeltaType } from '../schema.ts';
import type { OutputFormat, RowBatch, WriteOptions, Written } from '../table-reader.ts';
import { translated } from './failures.ts';
import { copySql, extensions } from './output.ts';
import { primitiveTypes } from './primitive-types.ts';
import { quoteName } from './quote.ts';
import { type DuckdbSession, openSession } from './session.ts';

/** Rows of a file at most: what is in memory, or spilled, at once. */
const rowsPerFile = 1_000_000;
/** What a chunk of DuckDB holds. */
const chunkRows = 2048;

/**
 * Writes rows that another engine gives into a folder that exists and is empty, in the order in which they come: the same columns that
 * `duckdbReader` writes, in files of a million rows.
 *
 * @param table the table's name in messages
 * @throws LineageError DISK_FULL, MEMORY_EXHAUSTED, ACCESS_DENIED; what the source of the rows throws
 */
export async function writeRows(
  table: string,
  fields: readonly DeltaField[],
  batches: AsyncIterable<RowBatch>,
  directory: string,
  options: WriteOptions,
): Promise<Written> {
  const { format = 'parquet' } = options;
  const session = await openSession(options);
  const writing = { directory, ...options };
  try {
    await session.confine([directory]);
    const files: string[] = [];
    let rows = 0;
    let part = await openPart(session, fields);
    for await (const batch of batches) {
      for (let start = 0; start < batch.rowCount; ) {
        const free = rowsPerFile - part.rows;
        const end = Math.min(batch.rowCount, start + free);
        part.append(batch, start, end);
        rows += end - start;
        start = end;
        if (part.rows < rowsPerFile) continue;
        files.push(await part.write(directory, files.length, format));
        part = await openPart(session, fields);
      }
    }
    if (part.rows > 0 || files.length === 0) {
      files.push(await part.write(directory, files.length, format));
    }
    return { rows, files };
  } catch (error) {
    throw translated(error, table, writing);
  } finally {
    await session.close();
  }
}

interface Part {
  readonly rows: number;
  append(batch: RowBatch, start: number, end: number): void;
  write(directory: string, index: number, format: OutputFormat): Promise<string>;
}

async function openPart(session: DuckdbSession, fields: readonly DeltaField[]): Promise<Part> {
  const duckdb = await import('@duckdb/node-api');
  const columns = fields.map(({ type }) => staged(type));
  const declared = columns.map(({ sql }, index) => `c${index} ${sql}`);
  await session.run(`CREATE OR REPLACE TABLE asof_rows (${declared.join(', ')})`);
  const appender = await session.connection.createAppender('asof_rows');
  const types = fields.map(({ type }) => stagedType(type, duckdb));
  const convert = fields.map(({ type }) => converter(type, duckdb));
  let rows = 0;
  return {
    get rows() {
      return rows;
    },
    append(batch, start, end) {
      const values = fields.map((_, column) => batch.values(column));
      for (let at = start; at < end; at += chunkRows) {
        const until = Math.min(end, at + chunkRows);
        const chunk = duckdb.DuckDBDataChunk.create(types, until - at);
        for (const [column, all] of values.entries()) {
          const slice = all.slice(at, until);
          const one = convert[column];
          chunk.setColumnValues(column, (one ? slice.map(one) : slice) as DuckDBValue[]);
        }
        appender.appendDataChunk(chunk);
      }
      rows += end - start;
    },
    async write(directory, index, format) {
      appender.closeSync();
      const name = `part-${String(index).padStart(5, '0')}.${extensions[format]}`;
      const select = fields.map(
        (field, column) => `${columns[column]?.read(`c${column}`)} AS ${quoteName(field.name)}`,
      );
      await session.run(
        copySql(`SELECT ${select.join(', ')} FROM asof_rows`, fields, {
          path: join(directory, name),
          format,
        }),
      );
      return name;
    },
  };
}

/** How a column waits to be written, and how it is read then: text and counts are cast by DuckDB, a vector at a time. */
function staged(type: DeltaType): { readonly sql: string; read(column: string): string } {
  const as = (sql: string, read: (column: string) => string = (column) => column) => ({
    sql,
    read,
  });
  if (type.kind === 'decimal') {
    return as('VARCHAR', (c) => `CAST(${c} AS DECIMAL(${type.precision},${type.scale}))`);
  }
  if (type.kind !== 'primitive') return as(sqlType(type));
  switch (type.name) {
    case 'date':
      return as('INTEGER', (c) => `DATE '1970-01-01' + ${c}`);
    case 'timestamp':
      return as('BIGINT', (c) => `CAST(make_timestamp(${c}) AS TIMESTAMPTZ)`);
    case 'timestamp_ntz':
      return as('BIGINT', (c) => `make_timestamp(${c})`);
    case 'void':
      return as('INTEGER', () => 'NULL');
    default:
      return as(sqlType(type));
  }
}

function sqlType(type: DeltaType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'array':
      return `${sqlType(type.element)}[]`;
    case 'map':
      return `MAP(${sqlType(type.key)}, ${sqlType(type.value)})`;
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${sqlType(field.type)}`).join(', ')})`;
    case 'primitive':
      return primitives[type.name];
  }
}

const primitives = {
  ...primitiveTypes,
  // Its reader refuses it before.
  variant: 'VARCHAR',
  void: 'INTEGER',
} as const;

type Duckdb = typeof import('@duckdb/node-api');

function stagedType(type: DeltaType, duckdb: Duckdb): DuckDBType {
  if (type.kind === 'decimal') return duckdb.VARCHAR;
  if (type.kind === 'primitive') {
    if (type.name === 'date') return duckdb.INTEGER;
    if (type.name === 'timestamp' || type.name === 'timestamp_ntz') return duckdb.BIGINT;
  }
  return duckdbType(type, duckdb);
}

function duckdbType(type: DeltaType, duckdb: Duckdb): DuckDBType {
  switch (type.kind) {
    case 'decimal':
      return duckdb.DECIMAL(type.precision, type.scale);
    case 'array':
      return duckdb.LIST(duckdbType(type.element, duckdb));
    case 'map':
      return duckdb.MAP(duckdbType(type.key, duckdb), duckdbType(type.value, duckdb));
    case 'struct':
      return duckdb.STRUCT(
        Object.fromEntries(
          type.fields.map((field) => [field.name, duckdbType(field.type, duckdb)]),
        ),
      );
    case 'primitive':
      return duckdb[primitives[type.name]];
  }
}

/** From what a `RowBatch` holds to what the staged column takes; undefined where that is the same. */
function converter(type: DeltaType, duckdb: Duckdb): ((value: unknown) => DuckDBValue) | undefined {
  if (type.kind === 'decimal') return;
  if (type.kind === 'primitive') {
    if (type.name !== 'binary') return;
    return (value) => (value === null ? null : new duckdb.DuckDBBlobValue(value as Uint8Array));
  }
  return (value) => duckdbValue(type, value, duckdb);
}

function duckdbValue(type: DeltaType, value: unknown, duckdb: Duckdb): DuckDBValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'decimal': {
      const digits = BigInt(String(value).replace('.', ''));
      return new duckdb.DuckDBDecimalValue(digits, type.precision, type.scale);
    }
    case 'array':
      return duckdb.listValue(
        (value as unknown[]).map((item) => duckdbValue(type.element, item, duckdb)),
      );
    case 'map':
      return duckdb.mapValue(
        (value as [unknown, unknown][]).map(([key, inner]) => ({
          key: duckdbValue(type.key, key, duckdb),
          value: duckdbValue(type.value, inner, duckdb),
        })),
      );
    case 'struct': {
      const members = value as Readonly<Record<string, unknown>>;
      return duckdb.structValue(
        Object.fromEntries(
          type.fields.map((field) => [
            field.name,
            duckdbValue(field.type, members[field.name] ?? null, duckdb),
          ]),
        ),
      );
    }
    case 'primitive':
      switch (type.name) {
        case 'binary':
          return new duckdb.DuckDBBlobValue(value as Uint8Array);
        case 'date':
          return new duckdb.DuckDBDateValue(value as number);
        case 'timestamp':
          return new duckdb.DuckDBTimestampTZValue(value as bigint);
        case 'timestamp_ntz':
          return new duckdb.DuckDBTimestampValue(value as bigint);
        default:
          return value as DuckDBValue;
      }
  }
}
