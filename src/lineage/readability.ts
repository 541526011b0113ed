import type { DeltaTable } from '../delta/delta-table.ts';
import { deletedFileRetention } from '../delta/retention.ts';
import type { DataFileIdentity, Snapshot } from '../delta/snapshot.ts';
import type { CallOptions } from './find-table.ts';
import type { ReadableState } from './result/trace.ts';

export interface Readability {
  readonly state: ReadableState;
  readonly reason?: string;
}

/**
 * Whether the rows of a version can still be read, from log and storage alone.
 *
 * `refused` is what Spark with Delta 4.1 and later says of a version that is not the latest and was committed longer ago than
 * `delta.deletedFileRetentionDuration`, though every byte is there; asof reads it all the same.
 *
 * @param files all of the snapshot's
 */
export async function readability(
  table: DeltaTable,
  snapshot: Snapshot,
  files: readonly DataFileIdentity[],
  version: { readonly isLatest: boolean; readonly ageMs: number | undefined },
  options: CallOptions,
): Promise<Readability> {
  const { missing, changed } = await table.snapshots.audit(files, options);
  const lost = (count: number, how: string): Readability => ({
    state: 'files-lost',
    reason: `${count} of ${files.length} data files ${how}`,
  });
  if (missing.length > 0) return lost(missing.length, 'are gone');
  if (changed.length > 0) return lost(changed.length, 'have another size now');
  const retention = deletedFileRetention(snapshot.properties);
  const isOld = retention !== undefined && version.ageMs !== undefined && version.ageMs > retention;
  if (version.isLatest || !isOld) return { state: 'readable' };
  return {
    state: 'refused',
    reason:
      'every byte is there and asof reads it; Spark with Delta 4.1 and later refuses versions older than delta.deletedFileRetentionDuration',
  };
}
