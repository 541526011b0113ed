import { LineageError } from '../../base/errors.ts';
import { isSqlFailure, type SqlFailure } from './sql-session.ts';

/** What is known where a statement fails. */
export interface FailureContext {
  readonly table: string;
  readonly host: string;
  readonly version?: number | undefined;
  readonly filter?: string | undefined;
}

/** Runs statements about a table; what the warehouse refuses becomes ours. */
export async function withFailures<T>(context: FailureContext, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw isSqlFailure(error) ? translated(error, context) : error;
  }
}

/** By the error class of Spark 4.2 with Delta 4.4; the names of Databricks for lost files are from its documentation. */
export function translated(failure: SqlFailure, context: FailureContext): LineageError {
  const { table, host, version, filter } = context;
  const { errorClass = '', message } = failure;
  const cause = { cause: failure };
  const problem = oneLine(message);
  const is = (pattern: RegExp) => pattern.test(errorClass);

  if (is(/^DELTA_VERSION_NOT_FOUND/) && version !== undefined) {
    const [, first, last] = /Available versions: \[(\d+), (\d+)\]/.exec(message) ?? [];
    const [oldest, latest] = [Number(first), Number(last)];
    if (last !== undefined && version > latest) {
      return new LineageError('VERSION_TOO_NEW', { table, version, latest }, cause);
    }
    if (last !== undefined) {
      return new LineageError('VERSION_TOO_OLD', { table, version, oldest, latest }, cause);
    }
  }
  if (is(/TIME_TRAVEL_BEYOND_DELETED_FILE_RETENTION/) && version !== undefined) {
    const [, retention = 'the retention set on the table'] =
      /deletedFileRetentionDuration \(([^)]*)\)/.exec(message) ?? [];
    return new LineageError('VERSION_REFUSED', { table, version, retention }, cause);
  }
  if (
    is(
      /^(TABLE_OR_VIEW_NOT_FOUND|SCHEMA_NOT_FOUND|NO_SUCH_CATALOG|CATALOG_NOT_FOUND|REQUIRES_SINGLE_PART_NAMESPACE|DELTA_TABLE_NOT_FOUND|DELTA_MISSING_DELTA_TABLE|DELTA_PATH_DOES_NOT_EXIST)/,
    )
  ) {
    return new LineageError('TABLE_NOT_IN_WAREHOUSE', { table, host, problem }, cause);
  }
  if (
    /java\.io\.FileNotFoundException|File \S+_delta_log does not exist/.test(message) &&
    !is(/^FAILED_READ_FILE/)
  ) {
    return new LineageError('TABLE_NOT_IN_WAREHOUSE', { table, host, problem }, cause);
  }
  if (
    is(
      /^(DELTA_ONLY_OPERATION|DELTA_TABLE_ONLY_OPERATION|EXPECT_TABLE_NOT_VIEW|UNSUPPORTED_FEATURE\.TIME_TRAVEL|DELTA_INVALID_FORMAT|FORBIDDEN_OPERATION)/,
    )
  ) {
    const found = is(/VIEW/)
      ? 'is a view'
      : 'is kept in another format, is a view, or its folder is gone';
    return new LineageError('TABLE_NOT_DELTA', { location: table, found }, cause);
  }
  if (is(/FILE_NOT_FOUND|FILE_NOT_EXIST/)) {
    const [, file = 'one of its data files'] = /file:? ?(\S+?)\.(?: |$)/i.exec(problem) ?? [];
    return new LineageError('FILES_LOST', { table, version: version ?? 0, file }, cause);
  }
  if (is(/^FAILED_READ_FILE/)) {
    return new LineageError('FILE_DAMAGED', { table, problem }, cause);
  }
  if (is(/PERMISSION|PRIVILEGE|UNAUTHORIZED|ACCESS_DENIED/)) {
    return new LineageError('PERMISSION_MISSING', { table, host, problem }, cause);
  }
  if (is(/^(DELTA_TABLE_ALREADY_EXISTS|TABLE_OR_VIEW_ALREADY_EXISTS)/)) {
    return new LineageError('TARGET_EXISTS', { target: table }, cause);
  }
  if (is(/^DELTA_UNSUPPORTED_FEATURES?_FOR_READ/)) {
    return new LineageError('FEATURE_UNSUPPORTED', { table, features: [problem] }, cause);
  }
  if (
    filter !== undefined &&
    is(
      /^(UNRESOLVED_|DATATYPE_MISMATCH|CAST_INVALID_INPUT|PARSE_SYNTAX_ERROR|DIVIDE_BY_ZERO|REMAINDER_BY_ZERO|ARITHMETIC_OVERFLOW|INVALID_|NUMERIC_VALUE_OUT_OF_RANGE|WRONG_NUM_ARGS)/,
    )
  ) {
    return new LineageError('FILTER_INVALID', { filter, problem }, cause);
  }
  return new LineageError('WAREHOUSE_REFUSED', { table, host, problem }, cause);
}

/** The first line, without what Spark adds to help who writes the SQL. */
function oneLine(message: string): string {
  const [line = ''] = message.split('\n');
  return line.replace(/\s*SQLSTATE: \w+\s*$/, '').trim();
}
