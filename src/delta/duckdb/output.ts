import type { DeltaField } from '../schema.ts';
import type { OutputFormat } from '../table-reader.ts';
import { jsonValue } from './json-value.ts';
import { quoteName, quoteText } from './quote.ts';

export const extensions: Record<OutputFormat, string> = {
  parquet: 'parquet',
  csv: 'csv',
  ndjson: 'ndjson',
};

const options: Record<OutputFormat, string> = {
  parquet: 'FORMAT parquet, COMPRESSION zstd',
  csv: 'FORMAT csv, HEADER true',
  ndjson: 'FORMAT json, ARRAY false',
};

/** SQL that writes rows, whose columns are these, into a file. */
export function copySql(
  select: string,
  fields: readonly DeltaField[],
  { path, format }: { readonly path: string; readonly format: OutputFormat },
): string {
  const rows = format === 'ndjson' ? jsonRows(select, fields) : select;
  return `COPY (${rows}) TO ${quoteText(path)} (${options[format]})`;
}

function jsonRows(select: string, fields: readonly DeltaField[]): string {
  const columns = fields.map(({ name, type }) => {
    const column = quoteName(name);
    return `${jsonValue(type, column)} AS ${column}`;
  });
  return `SELECT ${columns.join(', ')} FROM (${select})`;
}
