import { setTimeout as sleep } from 'node:timers/promises';
import { isLineageError, LineageError } from '../../base/errors.ts';
import { canonicalSums } from '../canonical-row.ts';
import type { Selection } from '../read-spec.ts';
import { rowDigest } from '../row-digest.ts';
import type { DeltaField, StructType } from '../schema.ts';
import { refuseVariants, selectedFields } from '../selected-fields.ts';
import type { ReadOptions, RowBatch, TableReader, WriteOptions, Written } from '../table-reader.ts';
import type { VersionFacts } from '../version-facts.ts';
import { sparkDialect } from './dialect.ts';
import { type FailureContext, withFailures } from './failures.ts';
import { checkFilter } from './filter.ts';
import { atVersion, quoteName } from './quote.ts';
import type { SqlRow, SqlSession } from './sql-session.ts';
import { decoder, encode } from './transport.ts';

/** Puts rows into files, see `writeRows`. */
export type RowWriter = (
  table: string,
  fields: readonly DeltaField[],
  batches: AsyncIterable<RowBatch>,
  directory: string,
  options: WriteOptions,
) => Promise<Written>;

/**
 * Rows through a SQL warehouse, in the order in which they lie: by the time of their file, its path, and their place in it. So the same
 * version always comes out in the same order, and where the connection is lost on the way, reading goes on behind the rows that came.
 * They are counted against what the warehouse counts.
 *
 * @param table the table's name in messages
 */
export function warehouseReader(
  session: SqlSession,
  parts: readonly string[],
  table: string,
  writer: RowWriter,
): TableReader {
  async function count(facts: VersionFacts, { selection = {}, signal }: ReadOptions) {
    const context = contextOf(facts, selection);
    const [row] = await withFailures(context, () =>
      session.query(`SELECT CAST(count(*) AS STRING) n FROM ${source(parts, facts, selection)}`, {
        signal,
      }),
    );
    return Number(row?.['n']);
  }

  const contextOf = ({ version }: VersionFacts, { where }: Selection) => ({
    table,
    host: session.title,
    version,
    filter: where,
  });

  async function* read(
    facts: VersionFacts,
    fields: readonly DeltaField[],
    options: ReadOptions,
  ): AsyncGenerator<RowBatch, void, void> {
    const { selection = {}, signal, onProgress } = options;
    const expected = await count(facts, options);
    const sql = selectRows(parts, facts, fields, selection);
    let rows = 0;
    let losses = 0;
    for (;;) {
      const before = rows;
      const batches = batchesFrom(sql, rows, contextOf(facts, selection), signal);
      try {
        for await (const batch of batches) {
          rows += batch.length;
          yield batchOf(fields, batch);
          onProgress?.({ fraction: expected === 0 ? 1 : Math.min(1, rows / expected), rows });
        }
        break;
      } catch (error) {
        // What gets on is worth going on with, however often it is lost on a long way.
        losses = rows > before ? 1 : losses + 1;
        if (!wasLost(error) || losses > lossesAtMost) throw error;
        await sleep(500 * 2 ** losses, undefined, signal && { signal });
      }
    }
    if (rows !== expected) {
      const { version } = facts;
      throw new LineageError('ROWS_MISCOUNTED', { table, version, rows, expected });
    }
  }

  /** The rows behind the first so many: their order is always the same. */
  async function* batchesFrom(
    sql: string,
    offset: number,
    context: FailureContext,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly SqlRow[], void, void> {
    const statement = offset === 0 ? sql : `${sql} OFFSET ${offset}`;
    const batches = session.stream(statement, { signal })[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await withFailures(context, () => batches.next());
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await batches.return?.();
    }
  }

  return {
    async *rows(facts, options = {}) {
      yield* read(facts, fieldsOf(table, facts.schema, options), options);
    },
    async write(facts, directory, options = {}) {
      const fields = fieldsOf(table, facts.schema, options);
      return await writer(table, fields, read(facts, fields, options), directory, options);
    },
    async digest(facts, { selection = {}, signal } = {}) {
      const fields = selectedFields(table, facts.schema, selection);
      if (selection.where !== undefined) checkFilter(selection.where, facts.schema);
      const names = fields.map(({ name }) => quoteName(name)).join(', ');
      const rows = `SELECT ${names} FROM ${source(parts, facts, selection)}`;
      const [sums] = await withFailures(contextOf(facts, selection), () =>
        session.query(canonicalSums(fields, rows, sparkDialect), { signal }),
      );
      const { n, hi, lo } = sums ?? {};
      return rowDigest(
        { kind: 'struct', fields },
        { count: String(n), high: String(hi), low: String(lo) },
      );
    },
  };
}

/** One after the other without a row between. */
const lossesAtMost = 2;

/** The connection or the session was lost on the way, so that reading on may succeed; reading twice does no harm. */
function wasLost(error: unknown): boolean {
  if (isLineageError(error, 'WAREHOUSE_UNREACHABLE')) return true;
  if (isLineageError(error, 'SERVER_REFUSED'))
    return [429, 502, 503, 504].includes(error.details.status);
  return (
    isLineageError(error, 'WAREHOUSE_REFUSED') && /invalid \w*handle/i.test(error.details.problem)
  );
}

function fieldsOf(
  table: string,
  schema: StructType,
  { selection = {} }: ReadOptions,
): readonly DeltaField[] {
  const fields = selectedFields(table, schema, selection);
  refuseVariants(table, fields);
  if (selection.where !== undefined) checkFilter(selection.where, schema);
  return fields;
}

/** The table at the version, filtered; the filter has been checked. Before a bracket with names Spark takes WHERE for an alias. */
export function source(
  parts: readonly string[],
  { version }: Pick<VersionFacts, 'version'>,
  { where }: Selection,
): string {
  const table = atVersion(parts, version);
  return where === undefined ? table : `${table} WHERE true AND (\n${where}\n)`;
}

function selectRows(
  parts: readonly string[],
  facts: VersionFacts,
  fields: readonly DeltaField[],
  selection: Selection,
): string {
  const columns = fields.map(
    ({ name, type }, index) => `${encode(type, quoteName(name))} AS asof_c${index}`,
  );
  const file = placeName(facts.schema);
  const place = [
    `${file}.file_modification_time AS asof_time`,
    `${file}.file_path AS asof_path`,
    `${file}.file_block_start AS asof_block`,
    // Counts up within what one task reads, and one task reads a block from its start to its end. The index of a row in its file
    // would say it plainly, but Delta 4.4 has it for tables with deletion vectors only.
    'monotonically_increasing_id() AS asof_row',
  ];
  const names = fields.map((_, index) => `asof_c${index}`);
  return `SELECT ${names.join(', ')} FROM (SELECT ${[...columns, ...place].join(', ')} FROM ${source(parts, facts, selection)}) asof_rows ORDER BY asof_time, asof_path, asof_block, asof_row`;
}

/** Spark's own column with the file of each row, which makes room for columns of the table. Source: Spark 4.2, `metadataOutput`. */
function placeName({ fields }: StructType, name = '_metadata'): string {
  const isTaken = fields.some((field) => field.name.toLowerCase() === name);
  return isTaken ? placeName({ kind: 'struct', fields }, `_${name}`) : name;
}

function batchOf(fields: readonly DeltaField[], rows: readonly SqlRow[]): RowBatch {
  const decoders = fields.map(({ type }) => decoder(type));
  return {
    rowCount: rows.length,
    columns: fields.map(({ name }) => name),
    values: (column) => {
      const decode = decoders[column];
      const name = `asof_c${column}`;
      return decode === undefined ? [] : rows.map((row) => decode(row[name]));
    },
  };
}
