import { LineageError } from '../../base/errors.ts';
import type { DeltaField, DeltaType } from '../schema.ts';
import { escapeGlob, quoteName, quoteText } from './quote.ts';
import type { DuckdbSession } from './session.ts';

// Spark could write dates and times in the calendar of its version 2, which is another before 1582, and times before 1900 in the clock of
// a place. Such files say so, and Spark turns what it reads from them. DuckDB does not.
// Source: Spark 4.2, `DataSourceUtils.datetimeRebaseSpec`, `int96RebaseSpec`.

/** How many dates and times a row has in files, at any depth. */
export function timesIn(fields: readonly DeltaField[]): number {
  return fields.reduce((sum, { type }) => sum + timesOf(type), 0);
}

function timesOf(type: DeltaType): number {
  switch (type.kind) {
    case 'primitive':
      return type.name === 'date' || type.name === 'timestamp' ? 1 : 0;
    case 'array':
      return timesOf(type.element);
    case 'map':
      return timesOf(type.key) + timesOf(type.value);
    case 'struct':
      return timesIn(type.fields);
    default:
      return 0;
  }
}

/**
 * Whether a file may hold a date or time before 1901: unless its statistics have that many minima and none so early.
 *
 * @param times as `timesIn` counts them
 */
export function mayHoldOldTimes(stats: string | undefined, times: number): boolean {
  if (times === 0) return false;
  if (stats === undefined) return true;
  let minima: unknown;
  try {
    minima = JSON.parse(stats).minValues;
  } catch (error) {
    if (error instanceof SyntaxError) return true;
    throw error;
  }
  const years = [...textsIn(minima)].flatMap((text) => {
    const [, year] = /^([+-]?\d{4,})-\d\d-\d\d/.exec(text) ?? [];
    return year === undefined ? [] : [Number(year)];
  });
  return years.length < times || years.some((year) => year < 1901);
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) yield* textsIn(inner);
  }
}

/**
 * Files that say so are looked through; Databricks says so of all that it writes.
 *
 * @param locations of the files that may hold old times
 * @throws LineageError FEATURE_UNSUPPORTED when one of them does, in the calendar of Spark 2
 */
export async function checkOldTimes(
  session: DuckdbSession,
  table: string,
  locations: readonly string[],
): Promise<void> {
  if (locations.length === 0) return;
  const paths = locations.map((location) => quoteText(escapeGlob(location))).join(', ');
  const legacy = await session.rows(
    `SELECT DISTINCT file_name FROM parquet_kv_metadata([${paths}])
     WHERE decode(key) IN ('org.apache.spark.legacyDateTime', 'org.apache.spark.legacyINT96') ORDER BY 1`,
  );
  for (const [file] of legacy) {
    if (!(await holdsOldTimes(session, String(file)))) continue;
    const features = [`dates and times in the calendar of Spark 2, as ${file} has them`];
    throw new LineageError('FEATURE_UNSUPPORTED', { table, features });
  }
}

async function holdsOldTimes(session: DuckdbSession, file: string): Promise<boolean> {
  const source = `read_parquet(${quoteText(escapeGlob(file))}, hive_partitioning = false)`;
  const columns = await session.columns(`SELECT * FROM ${source}`);
  // At any depth a date has its year in front.
  const early = columns
    .filter(({ type }) => /DATE|TIMESTAMP/.test(String(type)))
    .map(
      ({ name }) =>
        `regexp_matches(CAST(${quoteName(name)} AS VARCHAR), '\\b(0\\d{3}|1[0-8]\\d{2}|1900)-\\d{2}-\\d{2}')`,
    );
  if (early.length === 0) return false;
  const found = await session.rows(`SELECT 1 FROM ${source} WHERE ${early.join(' OR ')} LIMIT 1`);
  return found.length > 0;
}
