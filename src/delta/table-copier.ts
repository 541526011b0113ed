import type { CallOptions } from './snapshot.ts';

/** Makes a table of its own out of one version, without reading a row. */
export interface TableCopier {
  /**
   * A Delta table of one commit in a folder that exists and is empty: the files of the version under their own names, hard-linked where the
   * file system allows it, else copied, and a log that any engine reads. What was written when it throws is the caller's to remove.
   *
   * @throws LineageError FILES_MISSING, FILE_CHANGED, PATH_OUTSIDE_TABLE; as `Snapshots.at` does
   */
  copy(version: number, directory: string, options: CopyOptions): Promise<TableCopy>;
}

export interface CopyOptions extends CallOptions {
  /** Epoch milliseconds: the time of the commit. */
  readonly now: number;
  /** Who writes: `asof/0.1.0`. */
  readonly engine: string;
  /** Folders of other copies of the table: a file that one of them has is linked from there before it is copied. */
  readonly siblings?: readonly string[];
}

export interface TableCopy {
  /** Its own: a copy is another table, whose versions are its own. */
  readonly tableId: string;
  /** The snapshot digest of its version 0, as read back from its log. */
  readonly digest: string;
  /** Of the version that was copied. */
  readonly source: { readonly tableId: string; readonly digest: string };
  readonly files: number;
  readonly bytes: number;
  /** Absent where the log does not count them. */
  readonly rows?: number;
  /** Bytes that are not shared with the original or another copy. */
  readonly ownBytes: number;
  /** The commit, relative to the folder. */
  readonly logFile: string;
  /** Data files and deletion vectors, relative to the folder. */
  readonly placed: readonly { readonly name: string; readonly bytes: number }[];
}
