import type { Store } from 'deltalake-js';
import type { CallOptions } from '../snapshot.ts';
import type { StoredEntry } from '../table-timeline.ts';

/** Where a table's files lie. An object store is another implementation of this. */
export interface TableStore extends Store {
  /** The table's folder: an absolute local path, or a URL. */
  readonly root: string;
  /**
   * Where a file lies, and whether that is inside the table's folder.
   *
   * @param path relative to the table, or absolute as a path or URL; plain, not URL-encoded unless it is a URL
   * @returns undefined when this store can have no such path
   */
  locate(path: string): LocatedFile | undefined;
  /** All files and folders below the table's folder but its log, in no particular order. */
  entries(options?: CallOptions): Promise<readonly StoredEntry[]>;
  /**
   * Why no log was found.
   *
   * @throws LineageError TABLE_NOT_FOUND, TABLE_NOT_DELTA, ACCESS_DENIED
   */
  explainMissingLog(): Promise<never>;
}

export interface LocatedFile {
  readonly location: string;
  readonly isInside: boolean;
}
