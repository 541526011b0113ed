import type { Dialect } from '../canonical-row.ts';
import { quoteName, quoteText } from './quote.ts';

/** The canonical row in DuckDB's SQL. Its `md5` gives hexadecimal text, and the number made of it would have its bytes turned around. */
export const duckdbDialect: Dialect = {
  name: quoteName,
  joined: (...parts) => concatenated(parts),
  literal: quoteText,
  text: (value) => `CAST(${value} AS VARCHAR)`,
  byteLength: (text) => `strlen(${text})`,
  // Where all digits are behind the point DuckDB writes none before it.
  decimal: (value, { precision, scale }) =>
    precision === scale
      ? `regexp_replace(CAST(${value} AS VARCHAR), '^(-?)\\.', '\\10.')`
      : `CAST(${value} AS VARCHAR)`,
  doubleBits: (value) =>
    `CAST(CASE WHEN isnan(${value}) THEN 9221120237041090560 WHEN ${value} = 0 THEN 0 ELSE CAST(CAST(${value} AS BIT) AS BIGINT) END AS VARCHAR)`,
  toDouble: (float) => `CAST(${float} AS DOUBLE)`,
  days: (date) => `(${date} - DATE '1970-01-01')`,
  micros: (timestamp) => `epoch_us(${timestamp})`,
  localMicros: (timestamp) => `epoch_us(${timestamp})`,
  member: (struct, name) => `struct_extract(${struct}, ${quoteText(name)})`,
  items: (list, variable, each) =>
    `CASE WHEN ${list} IS NOT NULL THEN ${commasBetween(`list_transform(${list}, lambda ${variable}: ${each(variable)})`)} END`,
  entries: (map, variable, each) =>
    `CASE WHEN ${map} IS NOT NULL THEN ${commasBetween(`list_sort(list_transform(map_entries(${map}), lambda ${variable}: ${each(...ofEntry(variable))}))`)} END`,
  nullText: 'CAST(NULL AS VARCHAR)',
  sums(source, group) {
    const key = group === undefined ? '' : `${group}, `;
    const half = (from: number, to: number) =>
      `CAST(coalesce(sum(CAST('0x' || asof_hash[${from}:${to}] AS UBIGINT)), 0) AS VARCHAR)`;
    const sums = `CAST(count(*) AS VARCHAR), ${half(1, 16)}, ${half(17, 32)}`;
    const grouped = group === undefined ? '' : ` GROUP BY ${group}`;
    return `SELECT ${key}${sums} FROM (SELECT ${key}md5(asof_row) AS asof_hash FROM (${source}))${grouped}`;
  },
};

/** Key and value. What stands before a point DuckDB takes for a column rather than for a variable of that name. */
function ofEntry(variable: string): readonly [string, string] {
  return [`struct_extract(${variable}, 'key')`, `struct_extract(${variable}, 'value')`];
}

/** Of an empty list DuckDB gives null. Its `array_to_string` is a macro that has its list twice, and lists in lists twice as often a level. */
function commasBetween(texts: string): string {
  return `coalesce(list_aggregate(${texts}, 'string_agg', ','), '')`;
}

/** In pairs of pairs: DuckDB's parser takes expressions of a depth of 1000 only, and a table may have more columns. */
function concatenated(parts: readonly string[]): string {
  if (parts.length <= 2) return `(${parts.join(' || ')})`;
  const middle = parts.length >> 1;
  return `(${concatenated(parts.slice(0, middle))} || ${concatenated(parts.slice(middle))})`;
}
