import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import { liveRows } from './file-stats.ts';
import type { CallOptions, DataFile, Snapshot } from './snapshot.ts';

export interface SnapshotSummary {
  /**
   * Identifies the exact bytes of a version from its log alone: `snapshot-v1:` and a SHA-256 over the table id, schema, partition
   * columns and, ordered by path, every file's path, deletion vector, partition values and size. Two equal digests mean the same
   * files; the same rows in other files (after OPTIMIZE, say) have another digest. Times and statistics stay out: copies may change
   * them.
   */
  readonly digest: string;
  readonly files: number;
  readonly bytes: number;
  /** Rows that can be read, by the log's statistics; absent where a file has none. */
  readonly rows?: number;
}

/**
 * What a version amounts to, in one pass over its files. The digest is over canonical JSON, one line a file, lines in order.
 *
 * @param options.onFiles is given each batch on the way, for who needs the files too
 */
export async function summarize(
  snapshot: Snapshot,
  options: CallOptions & { readonly onFiles?: (files: readonly DataFile[]) => void } = {},
): Promise<SnapshotSummary> {
  const lines: string[] = [];
  let bytes = 0;
  let rows: number | undefined = 0;
  const { onFiles, ...call } = options;
  for await (const batch of snapshot.files(call)) {
    onFiles?.(batch);
    for (const file of batch) {
      lines.push(identityLine(file));
      bytes += file.sizeBytes;
      const live = liveRows(file);
      rows = rows === undefined || live === undefined ? undefined : rows + live;
    }
  }
  const { tableId, schema, partitionColumns } = snapshot;
  const hash = createHash('sha256');
  hash.update(`${canonicalJson({ tableId, schema, partitionColumns })}\n`);
  for (const line of lines.sort()) hash.update(`${line}\n`);
  return {
    digest: `snapshot-v1:${hash.digest('hex')}`,
    files: lines.length,
    bytes,
    ...(rows !== undefined && { rows }),
  };
}

/** The path comes first, so that ordering the lines orders by path. */
function identityLine({ path, deletionVector, partitionValues, sizeBytes }: DataFile): string {
  // Written out by hand: of a million files, most of the work would be to look at each value for what it is.
  const vector = deletionVector === undefined ? 'null' : canonicalJson(deletionVector);
  return `[${JSON.stringify(path)},${vector},${canonicalJson(partitionValues)},${sizeBytes}]`;
}
