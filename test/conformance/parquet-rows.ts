import { DuckDBInstance } from '@duckdb/node-api';
import { plainValues } from '../../src/delta/duckdb/plain-values.ts';
import { quoteName, quoteText } from '../../src/delta/duckdb/quote.ts';
import type { StructType } from '../../src/delta/schema.ts';
import type { RowBatch } from '../../src/delta/table-reader.ts';
import { canonicalRows } from '../support/canonical-rows.ts';

/** What is in Parquet files, whatever wrote them. */
export interface ParquetRows {
  /** Name and type of each column. All timestamps are of one type: writers differ in zone and unit, the rows tell. */
  readonly columns: readonly string[];
  /** The rows as sorted canonical lines. */
  readonly lines: readonly string[];
}

/** @param schema the table's, which says how values are spelt */
export async function parquetRows(
  files: readonly string[],
  schema: StructType,
): Promise<ParquetRows> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const source = `read_parquet([${files.map((file) => quoteText(escaped(file))).join(', ')}], hive_partitioning = false)`;
    const described = (
      await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${source}`)
    ).getRows();
    const columns = described.map(([name, type]) => ({
      name: String(name),
      type: String(type).replace(/TIMESTAMP(_NS|_MS|_S| WITH TIME ZONE)\b/g, 'TIMESTAMP'),
    }));
    const casts = columns.map(
      ({ name, type }) => `CAST(${quoteName(name)} AS ${type}) AS ${quoteName(name)}`,
    );
    const result = await connection.stream(`SELECT ${casts.join(', ')} FROM ${source}`);
    const names = columns.map(({ name }) => name);
    async function* batches(): AsyncGenerator<RowBatch> {
      for await (const chunk of result) {
        yield {
          rowCount: chunk.rowCount,
          columns: names,
          values: (column) => plainValues(chunk.getColumnValues(column)),
        };
      }
    }
    return {
      columns: columns.map(({ name, type }) => `${name} ${type}`),
      lines: await canonicalRows(schema, batches()),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

function escaped(path: string): string {
  return path.replace(/[*?[]/g, '[$&]');
}
