import type { Dialect } from '../canonical-row.ts';
import { quoteName, quoteText } from './quote.ts';

/** The canonical row in Spark's SQL. */
export const sparkDialect: Dialect = {
  name: quoteName,
  joined: (...parts) => `concat(${parts.join(', ')})`,
  literal: quoteText,
  text: (value) => `CAST(${value} AS STRING)`,
  byteLength: (text) => `octet_length(${text})`,
  decimal: (value, { scale }) => `replace(format_number(${value}, ${scale}), ',', '')`,
  doubleBits,
  toDouble: (float) => `CAST(${float} AS DOUBLE)`,
  days: (date) => `unix_date(${date})`,
  micros: (timestamp) => `unix_micros(${timestamp})`,
  localMicros,
  member: (struct, name) => `${struct}.${quoteName(name)}`,
  items: (list, variable, each) =>
    `array_join(transform(${list}, ${variable} -> ${each(variable)}), ',')`,
  entries: (map, variable, each) =>
    `array_join(array_sort(transform(map_entries(${map}), ${variable} -> ${each(`${variable}.key`, `${variable}.value`)})), ',')`,
  variantJson: (value) => `to_json(${value})`,
  nullText: 'CAST(NULL AS STRING)',
  sums: (source) =>
    `SELECT CAST(count(*) AS STRING) n, CAST(coalesce(sum(${lane(1)}), 0) AS STRING) hi, CAST(coalesce(sum(${lane(17)}), 0) AS STRING) lo FROM (SELECT md5(asof_row) AS asof_hash FROM (${source}) asof_rows) asof_hashes`,
};

const lane = (start: number) =>
  `CAST(conv(substr(asof_hash, ${start}, 16), 16, 10) AS DECIMAL(20,0))`;

/** Microseconds of a time without a zone; by way of one, times that a session's zone leaves out would move. */
export function localMicros(timestamp: string): string {
  return `(unix_date(CAST(${timestamp} AS DATE)) * 86400000000L + hour(${timestamp}) * 3600000000L + minute(${timestamp}) * 60000000L + CAST(extract(SECOND FROM ${timestamp}) * 1000000 AS BIGINT))`;
}

/**
 * The bits of a double, which Spark has no function for: scaled by powers of two, which is exact, to 1 ≤ x < 2; then the exponent and the
 * rest are whole numbers. `log2` may be off by one, so it is put right first. What is less than the least normal number is scaled by 2^1074.
 */
function doubleBits(value: string): string {
  const size = 'abs(asof_d.d)';
  const least = '2.2250738585072014E-308D';
  const scaled = (exponent: string) =>
    `asof_d.y * power(2D, -shiftright(${exponent}, 1)) * power(2D, -(${exponent} - shiftright(${exponent}, 1)))`;
  const exponent = `asof_e + CASE WHEN ${scaled('asof_e')} >= 2D THEN 1 WHEN ${scaled('asof_e')} < 1D THEN -1 ELSE 0 END`;
  const normal = `CAST(${scaled('asof_n')} * 4503599627370496D AS BIGINT) + shiftleft(CAST(asof_n + 1022 AS BIGINT), 52)`;
  const subnormal = `CAST(${size} * power(2D, 537) * power(2D, 537) AS BIGINT)`;
  const sign = 'CASE WHEN asof_d.d < 0 THEN shiftleft(1L, 63) ELSE 0L END';
  const bits = `CAST((CASE WHEN ${size} < ${least} THEN ${subnormal} ELSE ${normal} END) | ${sign} AS STRING)`;
  const exact = `transform(array(CAST(floor(log2(asof_d.y)) AS INT)), asof_e -> transform(array(${exponent}), asof_n -> ${bits})[0])[0]`;
  const special = `WHEN isnan(asof_d.d) THEN '9221120237041090560' WHEN asof_d.d = 0 THEN '0' WHEN asof_d.d = double('Infinity') THEN '9218868437227405312' WHEN asof_d.d = double('-Infinity') THEN '-4503599627370496'`;
  const start = `struct(${value} AS d, CASE WHEN abs(${value}) < ${least} THEN abs(${value}) * 18014398509481984D ELSE abs(${value}) END AS y)`;
  return `CASE WHEN ${value} IS NOT NULL THEN transform(array(${start}), asof_d -> CASE ${special} ELSE ${exact} END)[0] END`;
}
