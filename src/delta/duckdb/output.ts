import type { DeltaField } from '../schema.ts';
import type { OutputFormat } from '../table-reader.ts';
import { jsonValue } from './json-value.ts';
import { quoteName } from './quote.ts';

export const extensions: Record<OutputFormat, string> = {
  parquet: 'parquet',
  csv: 'csv',
  ndjson: 'ndjson',
};

export const copyOptions: Record<OutputFormat, string> = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  csv: 'FORMAT csv, HEADER true',
  ndjson: 'FORMAT json, ARRAY false',
};

/** The columns of a file, from rows that have them under their own names. */
export function outputColumns(fields: readonly DeltaField[], format: OutputFormat): string {
  return fields
    .map(({ name, type }) => {
      const column = quoteName(name);
      return format === 'ndjson' ? `${jsonValue(type, column)} AS ${column}` : column;
    })
    .join(', ');
}
