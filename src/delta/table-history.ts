import type { Moment } from './table-ref.ts';

/**
 * One commit in a table's log, with the columns of DESCRIBE HISTORY. What the writer did not record is absent.
 * Source: Delta Lake 4.4, `DeltaHistory`.
 */
export interface Commit {
  readonly version: number;
  /** Epoch milliseconds, UTC: the in-commit timestamp where the table has them, else the file's time made monotonic. */
  readonly timestamp: number;
  readonly userId?: string;
  readonly userName?: string;
  readonly operation?: string;
  /** Values are text; what the writer recorded as a list or an object is its JSON. */
  readonly operationParameters?: Readonly<Record<string, string | null>>;
  readonly job?: Readonly<Record<string, unknown>>;
  readonly notebook?: Readonly<Record<string, unknown>>;
  readonly clusterId?: string;
  readonly readVersion?: number;
  readonly isolationLevel?: string;
  readonly isBlindAppend?: boolean;
  readonly operationMetrics?: Readonly<Record<string, string>>;
  readonly userMetadata?: string;
  readonly engineInfo?: string;
}

/** What is known of the commit is absent when it was cleaned up and only a checkpoint tells of the version. */
export interface TableVersion {
  readonly version: number;
  /** Whether there was no later one when this was looked up. */
  readonly isLatest: boolean;
  /** Epoch milliseconds, UTC. */
  readonly committedAt?: number;
  readonly operation?: string;
}

/** What a listed commit tells of its version. */
export function versionOf(
  { version, timestamp, operation }: Commit,
  isLatest: boolean,
): TableVersion {
  return {
    version,
    isLatest,
    committedAt: timestamp,
    ...(operation !== undefined && { operation }),
  };
}

/** Where a table's history comes from: its own log, or a warehouse that is asked for it. */
export interface TableHistory {
  /**
   * Newest first, as DESCRIBE HISTORY lists them: every commit that is still in the log, also such as can't be read any more.
   *
   * @throws LineageError TABLE_NOT_FOUND, TABLE_NOT_DELTA, LOG_DAMAGED
   */
  commits(options?: CommitsOptions): AsyncIterable<Commit>;

  /**
   * The version that a moment means, looked up anew at each call.
   *
   * @throws LineageError VERSION_TOO_NEW, VERSION_TOO_OLD, MOMENT_TOO_EARLY, MOMENT_IN_FUTURE, LOG_GAP
   */
  resolve(moment: Moment, options?: { readonly signal?: AbortSignal }): Promise<TableVersion>;
}

export interface CommitsOptions {
  /** Stop after this many. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}
