import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { textDecoder } from '@duckdb/node-api/lib/vectors/dataAccessors.js';

// @duckdb/node-api 1.5.5 takes the byte order mark off a text that begins with one.
const exact = new TextDecoder('utf-8', { ignoreBOM: true });
textDecoder.decode = exact.decode.bind(exact);

/** DuckDB's values as `RowBatch` promises them. Numbers, `bigint`, text, booleans and null are what they are. */
export function plainValues(values: readonly DuckDBValue[]): readonly unknown[] {
  const sample = values.find((value) => value !== null);
  return typeof sample === 'object' ? values.map(plainValue) : values;
}

function plainValue(value: DuckDBValue): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof DuckDBDecimalValue) return value.toString();
  if (value instanceof DuckDBDateValue) return value.days;
  if (value instanceof DuckDBTimestampTZValue) return value.micros;
  if (value instanceof DuckDBTimestampValue) return value.micros;
  if (value instanceof DuckDBBlobValue) return value.bytes;
  if (value instanceof DuckDBListValue) return value.items.map(plainValue);
  if (value instanceof DuckDBMapValue) {
    return value.entries.map((entry) => [plainValue(entry.key), plainValue(entry.value)]);
  }
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(
      Object.entries(value.entries).map(([name, member]) => [name, plainValue(member)]),
    );
  }
  throw new TypeError(`no Delta type is read as ${value.constructor.name}`);
}
