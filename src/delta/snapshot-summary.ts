import { createHash } from 'node:crypto';
import { canonicalJson } from '../base/canonical-json.ts';
import { liveRows } from './file-stats.ts';
import type { CallOptions, DataFile, Snapshot } from './snapshot.ts';
import { isSnapshot, type VersionFacts } from './version-facts.ts';

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
  return {
    digest: digestOf(snapshot, lines.sort()),
    files: lines.length,
    bytes,
    ...(rows !== undefined && { rows }),
  };
}

/** The same as far as it is known: of a version behind a warehouse there is no digest, and of an older one nothing at all. */
export async function summarizeFacts(
  facts: VersionFacts,
  options: CallOptions = {},
): Promise<Partial<SnapshotSummary>> {
  if (isSnapshot(facts)) return await summarize(facts, options);
  const { fileCount, sizeBytes } = facts;
  return {
    ...(fileCount !== undefined && { files: fileCount }),
    ...(sizeBytes !== undefined && { bytes: sizeBytes }),
  };
}

/**
 * The digest from the lines of a version's files.
 *
 * @param lines in order
 */
export function digestOf(
  { tableId, schema, partitionColumns }: Pick<Snapshot, 'tableId' | 'schema' | 'partitionColumns'>,
  lines: readonly string[],
): string {
  const hash = createHash('sha256');
  hash.update(`${canonicalJson({ tableId, schema, partitionColumns })}\n`);
  for (const line of lines) hash.update(`${line}\n`);
  return `snapshot-v1:${hash.digest('hex')}`;
}

/** A file's line in the digest. The path comes first, so that ordering the lines orders by path. */
export function identityLine({
  path,
  deletionVector,
  partitionValues,
  sizeBytes,
}: Pick<DataFile, 'path' | 'deletionVector' | 'partitionValues' | 'sizeBytes'>): string {
  // Written out by hand: of a million files, most of the work would be to look at each value for what it is.
  const vector = deletionVector === undefined ? 'null' : canonicalJson(deletionVector);
  return `[${JSON.stringify(path)},${vector},${canonicalJson(partitionValues)},${sizeBytes}]`;
}
