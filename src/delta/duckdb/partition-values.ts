import { LineageError } from '../../base/errors.ts';
import { type DeltaType, formatType } from '../schema.ts';

// How a log writes partition values. Source: Delta protocol, "Partition Value Serialization". It has the empty text for null, which Spark
// with Delta 4.4 does not for strings and binaries: there the empty text is what somebody wrote, as delta-rs does. Spark reads more than
// the protocol has, and makes null of what it can't; here only such forms pass as DuckDB reads like Spark.

/** @throws LineageError LOG_DAMAGED; FEATURE_UNSUPPORTED for what Spark has outside of the years of four digits, or in a zone by its name */
export function checkedPartitionValue(table: string, text: string, type: DeltaType): string {
  const form = type.kind === 'decimal' ? number : forms[type.kind === 'primitive' ? type.name : ''];
  if (form === undefined || text === '' || form.test(text)) return text;
  const unsupported = (what: string) =>
    new LineageError('FEATURE_UNSUPPORTED', { table, features: [`${what} ('${text}')`] });
  if ((form === forms['date'] || form === instant) && farDay.test(text)) {
    throw unsupported('a partition value outside of the years 0 to 9999');
  }
  if (form === instant && namedZone.test(text)) {
    throw unsupported('a partition value in a time zone by its name');
  }
  throw misfitting(table, `'${text}' is no ${formatType(type)}`);
}

/** What DuckDB makes of one that has the form of its type, and is out of its range. */
export function translatedPartitions(error: unknown, table: string): unknown {
  const text = error instanceof Error && /^Conversion Error: ([^\n]*)/.exec(error.message)?.[1];
  return text ? misfitting(table, text, error) : error;
}

function misfitting(table: string, why: string, cause?: unknown): LineageError {
  const problem = `a partition value does not fit its column: ${why}.`;
  return new LineageError('LOG_DAMAGED', { table, file: '_delta_log', problem }, { cause });
}

const whole = /^ *[-+]?\d+ *$/;
const number = /^ *[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)? *$/i;
const floating = new RegExp(`${number.source}|^ *(nan|[-+]?(inf|infinity)) *$`, 'i');
const day = '\\d{4}-\\d{1,2}-\\d{1,2}';
const time = '([01]?\\d|2[0-3]):\\d{1,2}(:\\d{1,2}(\\.\\d+)?)?';
const zone = ' ?(Z|UTC|GMT|[-+](0\\d|1[0-7])(:?[0-5]\\d)?|[-+]18(:?00)?)';
/** DuckDB and Java take another one of two times where clocks go back, and have other tables of the past. */
const namedZone = new RegExp(`^${day}[ T]${time} ?[A-Z]\\w`);
const farDay = /^([-+]\d{4,}|\d{5,})-\d{1,2}-\d{1,2}/;
const instant = new RegExp(`^${day}([ T]${time}(${zone})?)?$`);

const forms: Readonly<Record<string, RegExp>> = {
  long: whole,
  integer: whole,
  short: whole,
  byte: whole,
  float: floating,
  double: floating,
  boolean: /^(t|true|y|yes|1|f|false|n|no|0)$/i,
  date: new RegExp(`^${day}([ T]${time})?$`),
  timestamp: instant,
  timestamp_ntz: instant,
};
