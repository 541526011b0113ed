import type { LineageError } from '../base/errors.ts';
import type { StructType } from './schema.ts';
import type { CallOptions, DataFile } from './snapshot.ts';

/**
 * What a table's log tells about some of its versions and all that follow them, read once however many versions are asked about: which
 * file belongs to which versions, and when it was removed.
 */
export interface Timeline {
  readonly table: string;
  readonly latestVersion: number;
  /** From the version on that stands in `from`; ascending. */
  readonly metadata: readonly TimelineMetadata[];
  /** Every commit that is in the log, ascending. */
  readonly commits: readonly TimelineCommit[];
  /** Complete checkpoints, ascending. */
  readonly checkpoints: readonly { readonly version: number; readonly writtenAt: number }[];
  /** The commits that set the table back, ascending; `to` as the commit says it: a version, or a moment. */
  readonly restores: readonly { readonly version: number; readonly to: string | undefined }[];
  /** In the order in which the snapshot digest takes them. */
  readonly spans: readonly FileSpan[];
  /** What the commit of a version did, if that is written down; read when asked for. */
  operation(version: number): Promise<string | undefined>;
  /** Of the versions asked about, those that the log can't give, and why. */
  readonly failures: ReadonlyMap<number, LineageError>;
}

export interface TimelineMetadata {
  readonly from: number;
  readonly tableId: string;
  readonly partitionColumns: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  /** @throws LineageError FEATURE_UNSUPPORTED, LOG_DAMAGED */
  schema(): StructType;
}

export interface TimelineCommit {
  readonly version: number;
  /** Epoch milliseconds, UTC: as DESCRIBE HISTORY has it. */
  readonly committedAt: number;
  /** The file's own time, which Delta's log cleanup and refusal go by. */
  readonly fileTime: number;
  /** The commit has its in-commit timestamp in `committedAt`. */
  readonly hasOwnTime: boolean;
}

/** A data file, with or without a deletion vector, and the versions that it belongs to. */
export interface FileSpan {
  readonly file: Omit<DataFile, 'stats' | 'location'>;
  /** Where it lies; undefined: the log names a place where no file of this table may be. */
  readonly location: string | undefined;
  /** It lies in the folder of another table, as those of shallow clones do. */
  readonly isForeign: boolean;
  /** Of a deletion vector that is a file of its own. */
  readonly vector?: { readonly location: string; readonly endsAt: number };
  /** Rows that can be read; absent where the log does not say. */
  readonly rows?: number;
  /** Its line in the snapshot digest. */
  readonly line: string;
  /** The first version that has it, as far back as the timeline reaches. */
  readonly from: number;
  /** The first version that no longer has it; absent: the latest has it. */
  readonly to?: number;
  /** When it was removed: epoch milliseconds. Absent with `to`: nobody wrote it down, or the commit is gone. */
  readonly removedAt?: number;
}

/** A file or folder below a table's folder. */
export interface StoredEntry {
  /** Relative to the table, with '/' between, plain. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly sizeBytes: number;
  /** Epoch milliseconds, UTC. */
  readonly modifiedAt: number;
}

/** A removed file as the table's state still remembers it. VACUUM spares what was removed lately. */
export interface Tombstone {
  /** As in the log. */
  readonly path: string;
  /** Where it would lie, relative to the table; undefined when that is elsewhere. */
  readonly inside: string | undefined;
  readonly vectorInside: string | undefined;
  /** 0 when nobody wrote it down, as the engines have it. */
  readonly removedAt: number;
}

export interface Timelines {
  /**
   * The timeline from the oldest of these versions on that the log still gives. Checkpoints are read by the Delta kernel, and what comes
   * out for the latest version is compared with what the kernel makes of it.
   *
   * @throws LineageError TABLE_NOT_FOUND, TABLE_NOT_DELTA, LOG_GAP, LOG_DAMAGED, CHECKPOINT_DAMAGED, FEATURE_UNSUPPORTED, when the latest version can't be had
   */
  read(versions: readonly number[], options?: CallOptions): Promise<Timeline>;

  /** Sizes and times of the files that are there, by location. Many are found by listing the table's folder once. */
  stored(
    locations: readonly string[],
    options?: CallOptions,
  ): Promise<ReadonlyMap<string, Pick<StoredEntry, 'sizeBytes' | 'modifiedAt'>>>;

  /** All files and folders below the table's folder but its log. */
  entries(options?: CallOptions): Promise<readonly StoredEntry[]>;

  /** The removed files that the latest version's state remembers: of its checkpoint, and of the commits after that. */
  tombstones(options?: CallOptions): Promise<readonly Tombstone[]>;
}

/** The metadata that rules a version. */
export function metadataAt({ metadata }: Timeline, version: number): TimelineMetadata | undefined {
  return metadata.findLast(({ from }) => from <= version);
}

/** The files that make up a version, in the order of the digest. */
export function spansAt({ spans }: Timeline, version: number): readonly FileSpan[] {
  return spans.filter(({ from, to }) => from <= version && (to === undefined || version < to));
}
