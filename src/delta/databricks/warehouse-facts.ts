import { LineageError } from '../../base/errors.ts';
import { parseWire } from '../../base/wire.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { CallOptions, Snapshots } from '../snapshot.ts';
import type { TableHistory } from '../table-history.ts';
import type { TableFacts, VersionFacts } from '../version-facts.ts';
import { describeSchema } from './describe-schema.ts';
import { withFailures } from './failures.ts';
import { atVersion, quoteTableName } from './quote.ts';
import type { SqlSession } from './sql-session.ts';
import { type Detail, wireDetail } from './wire-detail.ts';

export interface WarehouseFacts extends TableFacts {
  /** Where the warehouse keeps the table: a local path, or a URL. */
  location(options?: CallOptions): Promise<string | undefined>;
}

/**
 * What the warehouse tells of a version: its schema, and what DESCRIBE DETAIL says of the table. Of that the location is the table's for
 * good, and so is the id unless it was replaced in place; the rest is of the latest version, and left out of any other.
 */
export function warehouseFacts(
  session: SqlSession,
  parts: readonly string[],
  table: string,
  history: TableHistory,
): WarehouseFacts {
  return {
    async location(options = {}) {
      const { location } = await describeDetail(session, parts, table, options);
      return location && plainLocation(location);
    },
    async at(version, options = {}) {
      const context = { table, host: session.title, version };
      const schema = await withFailures(context, () =>
        describeSchema(session, table, `SELECT * FROM ${atVersion(parts, version)}`, options),
      );
      const { detail, latest } = await detailAtRest(options);
      const { id, location, createdAt, description, ...ofLatest } = detail;
      if (id === undefined || (detail.format ?? 'delta').toLowerCase() !== 'delta') {
        const found = `is kept as ${detail.format ?? 'something else'}`;
        throw new LineageError('TABLE_NOT_DELTA', { location: table, found });
      }
      const { protocol, partitionColumns, properties, numFiles, sizeInBytes } = ofLatest;
      const facts: VersionFacts = withoutUndefined({
        version,
        tableId: id,
        schema,
        createdAt,
        location: location && plainLocation(location),
        ...(version === latest && {
          description,
          protocol,
          partitionColumns,
          properties,
          fileCount: numFiles,
          sizeBytes: sizeInBytes,
        }),
      });
      return facts;
    },
  };

  /** DETAIL names no version: it is that of the history before and after, when they are the same. */
  async function detailAtRest(
    options: CallOptions,
  ): Promise<{ readonly detail: Detail; readonly latest: number | undefined }> {
    const latestVersion = async () => (await history.resolve({ kind: 'latest' }, options)).version;
    let before = await latestVersion();
    for (let attempt = 0; ; attempt++) {
      const detail = await describeDetail(session, parts, table, options);
      const after = await latestVersion();
      if (after === before) return { detail, latest: after };
      if (attempt === 3) return { detail, latest: undefined };
      before = after;
    }
  }
}

/** @throws LineageError TABLE_NOT_IN_WAREHOUSE, TABLE_NOT_DELTA for a view, … */
export async function describeDetail(
  session: SqlSession,
  parts: readonly string[],
  table: string,
  options: CallOptions,
): Promise<Detail> {
  const context = { table, host: session.title };
  const sql = `DESCRIBE DETAIL ${quoteTableName(parts)}`;
  const [row] = await withFailures(context, () => session.query(sql, options));
  return parseWire(wireDetail, row, 'DESCRIBE DETAIL');
}

/** Spark writes a folder of its own machine as `file:/…`, with every character as it is. */
function plainLocation(location: string): string {
  return location.replace(/^file:\/*/i, '/');
}

/** A warehouse does not tell which files make up a version. */
export function noSnapshots(table: string): Snapshots {
  const unknown = () => Promise.reject(new LineageError('FILES_UNKNOWN', { table }));
  return { at: unknown, audit: unknown };
}
