import { isLineageError, LineageError } from '../../base/errors.ts';
import { selectedFields } from '../selected-fields.ts';
import type { CallOptions } from '../snapshot.ts';
import type { CopyKind, CopyPlan, TableCopies } from '../table-copies.ts';
import { formatTableName } from '../table-ref.ts';
import type { TableFacts } from '../version-facts.ts';
import { withFailures } from './failures.ts';
import { checkFilter } from './filter.ts';
import { atVersion, quoteName, quoteTableName } from './quote.ts';
import { isSqlFailure, type SqlSession } from './sql-session.ts';
import { describeDetail } from './warehouse-facts.ts';
import { source } from './warehouse-reader.ts';

/** Copies that the warehouse makes beside its other tables. */
export function warehouseCopies(
  session: SqlSession,
  parts: readonly string[],
  table: string,
  facts: TableFacts,
): TableCopies {
  return {
    async plan({ version, into, kind, selection = {} }, options = {}) {
      const target = formatTableName(into.parts);
      const found = await facts.at(version, options);
      const isWhole = selection.columns === undefined && selection.where === undefined;
      if (kind !== 'rows' && !isWhole) {
        const problem = 'a clone has all columns and rows, and only some are wanted';
        const instead =
          'Leave --clone out: the rows wanted are then written by CREATE TABLE AS SELECT.';
        throw new LineageError('COPY_UNSUPPORTED', { table, problem, instead });
      }
      await refuseExisting(target, into.parts, options);
      const statement = () => {
        if (kind !== 'rows') {
          const how = kind === 'deep' ? 'DEEP' : 'SHALLOW';
          return `CREATE TABLE ${quoteTableName(into.parts)} ${how} CLONE ${atVersion(parts, version)}`;
        }
        const fields = selectedFields(table, found.schema, selection);
        if (selection.where !== undefined) checkFilter(selection.where, found.schema);
        const names = isWhole ? '*' : fields.map(({ name }) => quoteName(name)).join(', ');
        return `CREATE TABLE ${quoteTableName(into.parts)} USING DELTA AS SELECT ${names} FROM ${source(parts, found, selection)}`;
      };
      const plan: CopyPlan = {
        source: table,
        version,
        target,
        into,
        kind,
        statement: statement(),
        risks: risksOf(kind, table),
      };
      return plan;
    },

    async make({ version, target, kind, into: { parts: targetParts }, statement }, options = {}) {
      const context = { table, host: session.title, version };
      await withFailures(context, () => session.query(statement, options)).catch((error) => {
        throw refusedCopy(error, table, target, kind);
      });
      const there = { table: target, host: session.title };
      const detail = await describeDetail(session, targetParts, target, options);
      const [row] = await withFailures(there, () =>
        session.query(
          `SELECT CAST(count(*) AS STRING) n FROM ${quoteTableName(targetParts)}`,
          options,
        ),
      );
      return {
        tableId: detail.id ?? '',
        ...(detail.location !== undefined && { location: detail.location }),
        rows: Number(row?.['n']),
      };
    },
  };

  async function refuseExisting(
    target: string,
    targetParts: readonly string[],
    options: CallOptions,
  ): Promise<void> {
    try {
      await describeDetail(session, targetParts, target, options);
    } catch (error) {
      if (isLineageError(error, 'TABLE_NOT_IN_WAREHOUSE')) return;
      // A view, say: something has the name.
      if (!isLineageError(error, 'TABLE_NOT_DELTA')) throw error;
    }
    throw new LineageError('TARGET_EXISTS', { target });
  }
}

function refusedCopy(error: unknown, table: string, target: string, kind: CopyKind): unknown {
  if (isLineageError(error, 'TARGET_EXISTS'))
    return new LineageError('TARGET_EXISTS', { target }, { cause: error });
  const isDeepUnknown =
    kind === 'deep' &&
    isLineageError(error, 'WAREHOUSE_REFUSED') &&
    isSqlFailure(error.cause, /^PARSE_SYNTAX_ERROR/);
  if (!isDeepUnknown) return error;
  const problem = 'that engine knows no DEEP CLONE; only Databricks does';
  const instead = 'Leave --clone out, or use --clone shallow.';
  return new LineageError('COPY_UNSUPPORTED', { table, problem, instead }, { cause: error });
}

function risksOf(kind: CopyKind, table: string): readonly string[] {
  if (kind !== 'shallow') return [];
  return [
    `A shallow clone owns no files: once VACUUM removes those of this version from ${table}, it can't be read any more. Raise delta.deletedFileRetentionDuration of ${table}, or make a copy of the rows instead.`,
  ];
}
