import { LineageError } from '../../base/errors.ts';
import type { DatedColumns } from './julian-dates.ts';
import { escapeGlob, quoteText } from './quote.ts';
import type { DuckdbSession } from './session.ts';

/**
 * Refuses dates and times that Spark would move when it reads them: those that were written in the Julian calendar, and lie before the two
 * calendars agree. Source: Spark 4.2, `DataSourceUtils.datetimeRebaseSpec` and `int96RebaseSpec`: Spark 2 wrote so, Spark 3 and later do
 * when told to, and note it in the file.
 *
 * @param originalOf the file of the table that one of `asof_files` is a copy of, or itself
 * @throws LineageError FEATURE_UNSUPPORTED
 */
export async function checkCalendar(
  session: DuckdbSession,
  table: string,
  dated: DatedColumns | undefined,
  originalOf: (location: string) => string,
): Promise<void> {
  if (dated === undefined) return;
  const julian = await session.rows(
    `SELECT DISTINCT file_name FROM parquet_kv_metadata(getvariable('asof_files'))
     WHERE decode(key) IN ('org.apache.spark.legacyDateTime', 'org.apache.spark.legacyINT96')
       OR (decode(key) = 'org.apache.spark.version' AND decode(value) < '3.1.0')`,
  );
  for (const [file] of julian) {
    const path = quoteText(escapeGlob(String(file)));
    const found = await session.rows(
      `SELECT 1 FROM read_parquet(${path}, ${dated.source}) WHERE ${dated.isOld} LIMIT 1`,
    );
    if (found.length === 0) continue;
    const original = originalOf(String(file));
    const features = [
      `dates before 1582 or times before 1900 in the Julian calendar (${original})`,
    ];
    throw new LineageError('FEATURE_UNSUPPORTED', { table, features });
  }
}
