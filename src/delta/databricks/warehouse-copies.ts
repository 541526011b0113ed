import { createHash } from 'node:crypto';
import { canonicalJson } from '../../base/canonical-json.ts';
import { isLineageError, LineageError } from '../../base/errors.ts';
import type { Selection } from '../read-spec.ts';
import { type DeltaField, fieldsIn } from '../schema.ts';
import { selectedFields } from '../selected-fields.ts';
import type { CallOptions } from '../snapshot.ts';
import type { CopyKind, CopyPlan, TableCopies } from '../table-copies.ts';
import { formatTableName } from '../table-ref.ts';
import type { TableFacts } from '../version-facts.ts';
import { withFailures } from './failures.ts';
import { checkFilter } from './filter.ts';
import { atVersion, quoteName, quoteTableName, quoteText } from './quote.ts';
import { isSqlFailure, type SqlSession } from './sql-session.ts';
import { describeDetail } from './warehouse-facts.ts';
import { warehouseHistory } from './warehouse-history.ts';
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
      const mark = markOf(found.tableId, version, kind, selection);
      const isThere = await findExisting(target, into.parts, mark, options);
      const marked = `${quoteText(markName)} = ${quoteText(mark)}`;
      const statement = () => {
        if (kind !== 'rows') {
          const how = kind === 'deep' ? 'DEEP' : 'SHALLOW';
          return `CREATE TABLE ${quoteTableName(into.parts)} ${how} CLONE ${atVersion(parts, version)} TBLPROPERTIES (${marked})`;
        }
        const fields = selectedFields(table, found.schema, selection);
        if (selection.where !== undefined) checkFilter(selection.where, found.schema);
        const properties = haveOddNames(fields) ? `${marked}, ${mapped}` : marked;
        const names = isWhole ? '*' : fields.map(({ name }) => quoteName(name)).join(', ');
        return `CREATE TABLE ${quoteTableName(into.parts)} USING DELTA TBLPROPERTIES (${properties}) AS SELECT ${names} FROM ${source(parts, found, selection)}`;
      };
      const plan: CopyPlan = {
        source: table,
        version,
        target,
        into,
        kind,
        statement: statement(),
        mark,
        isThere,
        risks: risksOf(kind, table),
      };
      return plan;
    },

    async make(plan, options = {}) {
      const { version, target, kind, mark, statement } = plan;
      const { parts: targetParts } = plan.into;
      const context = { table, host: session.title, version };
      let wasThere = plan.isThere;
      if (!wasThere) {
        await withFailures(context, () => session.query(statement, options)).catch(
          async (error: unknown) => {
            if (!isLineageError(error, 'TARGET_EXISTS')) {
              throw refusedCopy(error, table, kind, target);
            }
            // Somebody else was faster, with the same perhaps.
            wasThere = await findExisting(target, targetParts, mark, options);
          },
        );
      }
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
        wasThere,
      };
    },

    async drop({ parts: copyParts }, tableId, options = {}) {
      const name = formatTableName(copyParts);
      try {
        const { id } = await describeDetail(session, copyParts, name, options);
        if (id !== tableId) {
          throw new LineageError('TABLE_REPLACED', {
            ref: name,
            stamped: tableId,
            found: id ?? '',
          });
        }
      } catch (error) {
        if (isLineageError(error, 'TABLE_NOT_IN_WAREHOUSE')) return;
        throw error;
      }
      await withFailures({ table: name, host: session.title }, () =>
        session.query(`DROP TABLE ${quoteTableName(copyParts)}`, options),
      );
    },
  };

  /**
   * Whether the target is the very copy that is wanted, made before, and nobody wrote to it since.
   *
   * @throws LineageError TARGET_EXISTS when it is anything else
   */
  async function findExisting(
    target: string,
    targetParts: readonly string[],
    mark: string,
    options: CallOptions,
  ): Promise<boolean> {
    try {
      const { properties } = await describeDetail(session, targetParts, target, options);
      const { resolve } = warehouseHistory(session, targetParts, target, Date.now);
      const isMarked = properties?.[markName] === mark;
      if (isMarked && (await resolve({ kind: 'latest' }, options)).version === 0) return true;
    } catch (error) {
      if (isLineageError(error, 'TABLE_NOT_IN_WAREHOUSE')) return false;
      // A view, say: something has the name.
      if (!isLineageError(error, 'TABLE_NOT_DELTA')) throw error;
    }
    throw new LineageError('TARGET_EXISTS', { target });
  }
}

/** The table property by which a copy is known again. */
const markName = 'asof.copy';

function markOf(tableId: string, version: number, kind: CopyKind, selection: Selection): string {
  const { columns, where } = selection;
  const what = [tableId, version, kind, columns ?? null, where ?? null];
  return createHash('sha256').update(canonicalJson(what)).digest('hex');
}

/** Lets names hold spaces and the like. */
const mapped = "'delta.columnMapping.mode' = 'name'";

/** Whether a column, or something in one, has a name that Delta takes with column mapping alone. Source: Delta 4.4, `SchemaUtils`. */
function haveOddNames(fields: readonly DeltaField[]): boolean {
  return fieldsIn({ kind: 'struct', fields }).some(({ name }) => /[ ,;{}()\n\t=]/.test(name));
}

function refusedCopy(error: unknown, table: string, kind: CopyKind, target: string): unknown {
  if (
    isLineageError(error, 'TABLE_NOT_IN_WAREHOUSE') &&
    !isSqlFailure(error.cause, /^TABLE_OR_VIEW_NOT_FOUND/)
  ) {
    // The version was there a moment ago: what is missing is the place of the copy.
    const details = { ...error.details, table: target };
    return new LineageError('TABLE_NOT_IN_WAREHOUSE', details, { cause: error });
  }
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
