import { LineageError } from '../base/errors.ts';
import type { CopyKind, CopyPlan, TableCopies } from '../delta/table-copies.ts';
import { parseTableName } from '../delta/table-ref.ts';
import type { CallOptions } from './find-table.ts';
import { checkedDigest, uncheckedDigest, type Wanted } from './rehydrate.ts';
import type { CopyResult } from './result/copy.ts';

/** A copy that is planned; nothing is made yet. */
export interface PlannedCopy {
  readonly plan: CopyPlan;
  readonly copies: TableCopies;
  /** With `copied` null. */
  readonly result: CopyResult;
}

/**
 * Plans a copy of a table version as a new table beside it.
 *
 * @param into the new table's name
 * @throws LineageError COPY_UNSUPPORTED where no warehouse knows the table; TABLE_REPLACED, DIGEST_DIFFERS when it is not what was
 *   stamped; what `TableCopies.plan` throws
 */
export async function planCopy(
  wanted: Wanted,
  into: string,
  kind: CopyKind,
  options: CallOptions,
): Promise<PlannedCopy> {
  const { table, version, read } = wanted;
  const { copies } = table;
  if (copies === undefined) {
    throw new LineageError('COPY_UNSUPPORTED', {
      table: table.name,
      problem: 'it is read where it lies, and no SQL warehouse is there to copy it',
      instead: 'Configure the warehouse that knows it (DATABRICKS_…), or use --out.',
    });
  }
  const target = parseTableName(into);
  if (target.kind !== 'name') {
    const problem = 'a copy is made under a name, as in catalog.schema.copy';
    throw new LineageError('REF_INVALID', { text: into, problem });
  }
  const { columns, where } = read ?? {};
  const selection = { ...(columns && { columns }), ...(where !== undefined && { where }) };
  const facts = await table.facts.at(version, options);
  const call = options.signal && { signal: options.signal };
  const digest = await checkedDigest(wanted, facts, call);
  const unchecked = digest === undefined ? uncheckedDigest(wanted) : [];
  const plan = await copies.plan({ version, into: target, kind, selection }, options);
  return {
    plan,
    copies,
    result: {
      schemaVersion: 1,
      source: { ref: table.name, id: facts.tableId, location: facts.location ?? table.location },
      version,
      target: plan.target,
      kind,
      of: wanted.of ?? null,
      read: read ?? null,
      statement: plan.statement,
      risks: [...plan.risks, ...unchecked.map(({ message }) => message)],
      copied: null,
    },
  };
}

/** Does what was planned. */
export async function makeCopy(
  { plan, copies, result }: PlannedCopy,
  options: CallOptions,
): Promise<CopyResult> {
  const { location, ...copied } = await copies.make(plan, options);
  return { ...result, copied: { ...copied, location: location ?? null } };
}
