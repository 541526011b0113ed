import { isLineageError, type LineageError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { deletedFileRetention } from '../delta/retention.ts';
import type { DataFileIdentity, Snapshot } from '../delta/snapshot.ts';
import { type FileSpan, spansAt, type Timeline } from '../delta/table-timeline.ts';
import type { CallOptions } from './find-table.ts';
import {
  type Change,
  type Fates,
  forecast,
  retentionOf,
  type StoredFiles,
  sparkTimeOf,
} from './forecast.ts';
import type { ReadableState } from './result/trace.ts';

export interface Readability {
  readonly state: ReadableState;
  readonly reason?: string;
  /** Only when files are lost. */
  readonly lost?: Loss;
  /** How it can get worse, by time; absent where nobody can tell. */
  readonly changes?: readonly Change[];
  /** Why some change can't be foreseen. */
  readonly unforeseen?: string;
}

/** What is no longer there of a version. Rows are absent where the log does not count them. */
export interface Loss {
  readonly files: number;
  readonly ofFiles: number;
  readonly rows?: number;
  readonly ofRows?: number;
}

/**
 * Whether the rows of a version can still be read, from log and storage alone, and until when.
 *
 * `refused` is what Spark with Delta 4.1 and later says of a version, though every byte is there; asof and delta-rs read it all the same:
 * of one that is not the latest and older than `delta.deletedFileRetentionDuration`, and of one whose own commit file is gone.
 */
export function versionReadability(
  timeline: Timeline,
  stored: StoredFiles,
  fates: Fates,
  version: number,
  now: number,
): Readability {
  const failure = timeline.failures.get(version);
  if (failure !== undefined) return failureReadability(failure);
  const spans = spansAt(timeline, version);
  const outside = spans.filter(({ location }) => location === undefined);
  if (outside.length > 0) {
    return {
      state: 'unknown',
      reason: `its log names a place where no file of this table may be: ${outside[0]?.file.path}`,
    };
  }
  const missing = spans.filter((span) => isMissing(span, stored));
  const changed = spans.filter((span) => !missing.includes(span) && isChanged(span, stored));
  if (missing.length + changed.length > 0) return filesLost(spans, missing, changed);

  const { changes, unforeseen } = forecast(timeline, fates, version);
  const coming = (to: readonly Change['to'][]) => ({
    changes: changes.filter((change) => to.includes(change.to)),
    ...(unforeseen !== undefined && { unforeseen }),
  });
  const refusal = refusalOf(timeline, version, now);
  if (refusal?.state === 'unknown') return { ...refusal, ...coming(['files-lost', 'log-lost']) };
  if (refusal !== undefined) return { ...refusal, ...coming(['files-lost', 'log-lost']) };
  return { state: 'readable', ...coming(['refused', 'files-lost', 'log-lost']) };
}

/** What a failure to rebuild a version means for its state. */
export function failureReadability(failure: LineageError): Readability {
  if (isLineageError(failure, 'VERSION_REFUSED')) {
    return { state: 'refused', reason: failure.message };
  }
  const isLogLost =
    isLineageError(failure, 'VERSION_TOO_OLD') ||
    isLineageError(failure, 'LOG_GAP') ||
    isLineageError(failure, 'LOG_DAMAGED') ||
    isLineageError(failure, 'CHECKPOINT_DAMAGED');
  return { state: isLogLost ? 'log-lost' : 'unknown', reason: failure.message };
}

function isMissing({ location, vector }: FileSpan, stored: StoredFiles): boolean {
  const isThere = (place: string | undefined) => place === undefined || stored.has(place);
  return !isThere(location) || !isThere(vector?.location);
}

function isChanged({ file, location, vector }: FileSpan, stored: StoredFiles): boolean {
  const sizeOf = (place: string | undefined) =>
    place === undefined ? undefined : stored.get(place)?.sizeBytes;
  const vectorSize = sizeOf(vector?.location);
  const isVectorShort =
    vector !== undefined && vectorSize !== undefined && vectorSize < vector.endsAt;
  return sizeOf(location) !== file.sizeBytes || isVectorShort;
}

function filesLost(
  spans: readonly FileSpan[],
  missing: readonly FileSpan[],
  changed: readonly FileSpan[],
): Readability {
  const rowsOf = (some: readonly FileSpan[]) =>
    some.reduce<number | undefined>(
      (sum, { rows }) => (sum === undefined || rows === undefined ? undefined : sum + rows),
      0,
    );
  const rows = rowsOf([...missing, ...changed]);
  const ofRows = rowsOf(spans);
  const parts = [
    ...(missing.length > 0 ? [`${missing.length} of ${spans.length} data files are gone`] : []),
    ...(changed.length > 0
      ? [`${changed.length} of ${spans.length} data files have another size now`]
      : []),
  ];
  const counted = rows === undefined || ofRows === undefined ? '' : `, ${rows} of ${ofRows} rows`;
  return {
    state: 'files-lost',
    reason: `${parts.join(', ')}${counted}`,
    lost: {
      files: missing.length + changed.length,
      ofFiles: spans.length,
      ...(rows !== undefined && { rows }),
      ...(ofRows !== undefined && { ofRows }),
    },
    changes: [],
  };
}

/** Whether Spark refuses what is all there. */
function refusalOf(
  timeline: Timeline,
  version: number,
  now: number,
): { readonly state: 'refused' | 'unknown'; readonly reason: string } | undefined {
  const committedAt = sparkTimeOf(timeline, version);
  const oldest = oldestForSpark(timeline);
  if (committedAt === undefined || version < oldest) {
    const what =
      committedAt === undefined
        ? 'of which only a checkpoint is left'
        : `before v${oldest}, where the log is whole again`;
    const reason = `every byte is there and asof reads it; Spark refuses a version ${what}`;
    return { state: 'refused', reason };
  }
  if (version === timeline.latestVersion) return;
  const retention = retentionOf(timeline);
  if (retention === undefined) {
    const reason =
      'every byte is there, but delta.deletedFileRetentionDuration is no interval of fixed length, so that nobody can tell whether Spark refuses it';
    return { state: 'unknown', reason };
  }
  return now - committedAt > retention ? { state: 'refused', reason: tooOldForSpark } : undefined;
}

const tooOldForSpark =
  'every byte is there and asof reads it; Spark with Delta 4.1 and later refuses versions older than delta.deletedFileRetentionDuration';

/** The oldest version that Spark travels to. Source: Delta Lake 4.4, `DeltaHistoryManager.getEarliestRecreatableCommit`. */
function oldestForSpark({ commits, checkpoints }: Timeline): number {
  const [first] = commits;
  if (first === undefined) return Number.POSITIVE_INFINITY;
  if (first.version === 0) return 0;
  const found = checkpoints.findLast(({ version }) => version <= first.version);
  if (found !== undefined && found.version >= first.version - 1) return found.version;
  return (
    checkpoints.find(({ version }) => version >= first.version)?.version ?? Number.POSITIVE_INFINITY
  );
}

/**
 * The same for a table whose engine does not show its log and storage: no date, and only files are looked at.
 *
 * @param files all of the snapshot's
 */
export async function snapshotReadability(
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
  const unforeseen = 'its engine shows neither log nor storage, so no date can be told';
  if (version.isLatest || !isOld) return { state: 'readable', unforeseen };
  return { state: 'refused', reason: tooOldForSpark, unforeseen };
}
