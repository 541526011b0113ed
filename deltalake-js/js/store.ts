/**
 * Where a table's files are. Paths are relative to the table's root, '/'-separated and plain (not
 * percent-encoded), or absolute URLs where the log holds one.
 */
export interface Store {
  /**
   * The entries directly in `folder`, in any order; none where there is no such folder.
   * With `startAfter`, only those whose name sorts after it; others may come, and are ignored.
   */
  list(
    folder: string,
    options?: { startAfter?: string; signal?: AbortSignal },
  ): Promise<readonly StoreEntry[]>;
  /**
   * The bytes of a file, or of [start, end) of it: fewer where it ends before.
   * Rejects with an error whose `code` is 'ENOENT' where there is no such file.
   */
  read(
    path: string,
    options?: { start?: number; end?: number; signal?: AbortSignal },
  ): Promise<Uint8Array>;
  /** Undefined where there is no such file. */
  stat(path: string, options?: { signal?: AbortSignal }): Promise<StoreStat | undefined>;
}

export interface StoreEntry {
  readonly name: string;
  /** Where the listing brings it for free. */
  readonly sizeBytes?: number;
  /** Epoch milliseconds, UTC; where the listing brings it for free. */
  readonly modifiedAt?: number;
}

export interface StoreStat {
  readonly sizeBytes: number;
  /** Epoch milliseconds, UTC. */
  readonly modifiedAt: number;
}

/** Whether a store rejected because there is no such file. */
export function isNoSuchFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
