import type { DeltaTable } from '../delta/delta-table.ts';
import type { Selection } from '../delta/read-spec.ts';
import type { ReadOptions } from '../delta/table-reader.ts';
import type { Moment } from '../delta/table-ref.ts';
import type { DigestResult } from './result/digest.ts';

/**
 * The row digest of a table version, or of what is selected of it.
 *
 * @throws LineageError what `TableHistory.resolve` and `TableReader.digest` throw
 */
export async function digestTable(
  table: DeltaTable,
  moment: Moment,
  options: ReadOptions,
): Promise<DigestResult> {
  const call = options.signal && { signal: options.signal };
  const { version, committedAt } = await table.history.resolve(moment, call);
  const facts = await table.facts.at(version, call);
  const { digest, rows } = await table.reader.digest(facts, options);
  return {
    schemaVersion: 1,
    table: { ref: table.name, id: facts.tableId, location: facts.location ?? table.location },
    version,
    committedAt: committedAt === undefined ? null : new Date(committedAt).toISOString(),
    digest,
    rows,
    read: readOf(options.selection),
  };
}

function readOf({ columns, where }: Selection = {}): DigestResult['read'] {
  if (columns === undefined && where === undefined) return null;
  return { ...(columns && { columns }), ...(where !== undefined && { where }) };
}
