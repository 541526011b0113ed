import type { TableStates } from './table-states.ts';
import type { Hold } from './wire-hold.ts';

/** What is looked for among the holds. */
export interface HeldVersion {
  readonly tableId: string | null | undefined;
  readonly version: number;
  readonly digest: string | null | undefined;
}

/** The hold of a version, if it is there, whole, and what was held; of one on a warehouse, if it is the table that was made and nobody wrote to it. */
export async function soundHold(
  { tableId, version, digest }: HeldVersion,
  holds: readonly Hold[],
  states: TableStates,
): Promise<Hold | undefined> {
  const candidates = holds.filter(
    (hold) =>
      hold.table.id === tableId &&
      hold.version === version &&
      (digest === undefined || digest === null || (hold.digest ?? digest) === digest),
  );
  for (const hold of candidates) {
    states.expect([hold.path], 0);
    const found = await states.find([hold.path], hold.copy.tableId);
    if ('failure' in found || !found.isSame) continue;
    if (hold.isInWarehouse) {
      if (found.latest.version === 0) return hold;
      continue;
    }
    const copy = await states.version(found.table, 0);
    if (copy.readability?.state === 'readable' && copy.digest === hold.copy.digest) return hold;
  }
  return;
}
