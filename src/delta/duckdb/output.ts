import type { OutputFormat } from '../table-reader.ts';

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
