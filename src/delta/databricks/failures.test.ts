import { describe, expect, test } from 'vitest';
import { translated } from './failures.ts';
import { SqlFailure } from './sql-session.ts';

// What Spark 4.2 with Delta 4.4 said, word for word; the last two of files are from the documentation of Databricks.
const context = { table: 's.t', host: 'dbc.net', version: 7, filter: undefined };
const cases: readonly (readonly [string, string, object])[] = [
  [
    '[DELTA_VERSION_NOT_FOUND] Cannot time travel Delta table to version 7. Available versions: [8, 10]. SQLSTATE: 22003',
    'VERSION_TOO_OLD',
    { version: 7, oldest: 8, latest: 10 },
  ],
  [
    '[DELTA_VERSION_NOT_FOUND] Cannot time travel Delta table to version 7. Available versions: [0, 6]. SQLSTATE: 22003',
    'VERSION_TOO_NEW',
    { version: 7, latest: 6 },
  ],
  [
    '[DELTA_UNSUPPORTED_TIME_TRAVEL_BEYOND_DELETED_FILE_RETENTION_DURATION] Cannot time travel beyond delta.deletedFileRetentionDuration (24 HOURS) set on the table. SQLSTATE: 0AKDC',
    'VERSION_REFUSED',
    { version: 7, retention: '24 HOURS' },
  ],
  [
    '[TABLE_OR_VIEW_NOT_FOUND] The table or view `s`.`t` cannot be found. Verify the spelling.\nMore. SQLSTATE: 42P01',
    'TABLE_NOT_IN_WAREHOUSE',
    { table: 's.t' },
  ],
  [
    '[REQUIRES_SINGLE_PART_NAMESPACE] spark_catalog requires a single-part namespace, but got identifier `main`.`s`.`t`. SQLSTATE: 42K05',
    'TABLE_NOT_IN_WAREHOUSE',
    {},
  ],
  [
    "[DELTA_PATH_DOES_NOT_EXIST] file:/gone doesn't exist, or is not a Delta table.;\nDescribeDeltaDetailCommand",
    'TABLE_NOT_IN_WAREHOUSE',
    {},
  ],
  ['File file:/nonexistent/xyz/_delta_log does not exist', 'TABLE_NOT_IN_WAREHOUSE', {}],
  [
    "[EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE] 'DESCRIBE HISTORY' expects a table but `vv` is a view. SQLSTATE: 42809",
    'TABLE_NOT_DELTA',
    { found: 'is a view' },
  ],
  [
    '[DELTA_ONLY_OPERATION] DESCRIBE HISTORY is only supported for Delta tables. SQLSTATE: 0AKDD',
    'TABLE_NOT_DELTA',
    {},
  ],
  [
    '[UNSUPPORTED_FEATURE.TIME_TRAVEL] The feature is not supported: Time travel on the relation: `spark_catalog`.`s`.`t`. SQLSTATE: 0A000',
    'TABLE_NOT_DELTA',
    {},
  ],
  [
    '[FAILED_READ_FILE.FILE_NOT_EXIST] Encountered error while reading file file:/t/part-00001-a.snappy.parquet. File does not exist. It is possible the underlying files have been updated.\nYou can explicitly invalidate the cache SQLSTATE: KD001',
    'FILES_LOST',
    { version: 7, file: 'file:/t/part-00001-a.snappy.parquet' },
  ],
  [
    '[FAILED_READ_FILE.DBR_FILE_NOT_EXIST] Error while reading file s3://b/x.parquet.',
    'FILES_LOST',
    {},
  ],
  [
    '[DELTA_FILE_NOT_FOUND_DETAILED] File s3://b/x.parquet referenced in the transaction log cannot be found.',
    'FILES_LOST',
    {},
  ],
  [
    '[FAILED_READ_FILE.NO_HINT] Encountered error while reading file file:/t/a.parquet.',
    'FILE_DAMAGED',
    {},
  ],
  ['[INSUFFICIENT_TABLE_PROPERTY.MISSING_KEY] no.', 'WAREHOUSE_REFUSED', {}],
  [
    '[INSUFFICIENT_PERMISSIONS] Insufficient privileges: User does not have SELECT on Table. SQLSTATE: 42501',
    'PERMISSION_MISSING',
    {},
  ],
  [
    '[DELTA_TABLE_ALREADY_EXISTS] Table `s`.`t` already exists. SQLSTATE: 42P07',
    'TARGET_EXISTS',
    {},
  ],
  [
    '[PARSE_SYNTAX_ERROR] Syntax error at or near. SQLSTATE: 42601',
    'WAREHOUSE_REFUSED',
    { host: 'dbc.net' },
  ],
  [
    'The operation failed due to an error',
    'WAREHOUSE_REFUSED',
    { problem: 'The operation failed due to an error' },
  ],
];

describe('what the warehouse refuses', () => {
  test.each(cases)('%s', (message, code, details) => {
    const failure = new SqlFailure(message);
    expect(translated(failure, context)).toMatchObject({ code, details, cause: failure });
  });

  test.each([
    '[CAST_INVALID_INPUT] The value \'a\' cannot be cast to "BIGINT".\n== SQL (line 1) ==\nsecret',
    '[REMAINDER_BY_ZERO] Remainder by zero.\n== SQL (line 1) ==\nsecret',
  ])('is put down to the filter where there is one: %s', (message) => {
    const error = translated(new SqlFailure(message), { ...context, filter: "id = 'a'" });
    expect(error).toMatchObject({ code: 'FILTER_INVALID', details: { filter: "id = 'a'" } });
    expect(error.message).not.toContain('secret');
  });
});
