import type { Selection } from './read-spec.ts';
import type { RowDigest, RowSums } from './row-digest.ts';
import type { DataFile, Snapshot } from './snapshot.ts';
import type { VersionFacts } from './version-facts.ts';

export const outputFormats = ['parquet', 'csv', 'ndjson'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** The rows of a version, exactly those that its snapshot describes. */
export interface TableReader {
  /**
   * Writes the rows into a folder that exists and is empty, in the snapshot's own order (see `files in order`).
   * What was written when it throws is the caller's to remove.
   *
   * @throws LineageError FILES_MISSING, FILE_CHANGED, FILE_DAMAGED, ROWS_MISCOUNTED, COLUMN_UNKNOWN, FILTER_INVALID,
   *   FEATURE_UNSUPPORTED, DISK_FULL, MEMORY_EXHAUSTED; FILES_UNKNOWN when the facts are not from the log and the reader needs its files
   */
  write(snapshot: VersionFacts, directory: string, options?: WriteOptions): Promise<Written>;

  /**
   * The rows as column batches, one batch in memory at a time. Leaving the loop stops the work.
   *
   * @throws LineageError as `write` does
   */
  rows(snapshot: VersionFacts, options?: ReadOptions): AsyncIterable<RowBatch>;

  /**
   * What the rows amount to, whatever their order and the files that they lie in: the same from every engine.
   *
   * @throws LineageError as `write` does
   */
  digest(snapshot: VersionFacts, options?: ReadOptions): Promise<RowDigest>;

  /**
   * What the rows of single files of a snapshot amount to, file by file in the order given: `digest` is made of all of them. Absent where
   * the engine does not read files.
   *
   * @throws LineageError as `write` does
   */
  fileSums?(
    snapshot: Snapshot,
    files: readonly DataFile[],
    options?: Omit<ReadOptions, 'selection'>,
  ): Promise<readonly RowSums[]>;

  /**
   * How many rows of single files of a snapshot meet the selection's filter, file by file in the order given. Absent where the engine does
   * not read files.
   *
   * @throws LineageError as `write` does
   */
  fileCounts?(
    snapshot: Snapshot,
    files: readonly DataFile[],
    options: ReadOptions & { readonly selection: Selection },
  ): Promise<readonly number[]>;
}

export interface ReadOptions {
  readonly selection?: Selection;
  /** Bytes; the engine spills to `tempDirectory` beyond. Default: a quarter of the machine's memory. */
  readonly memoryLimit?: number;
  /** Where to spill; default the system's. What is put there is removed. */
  readonly tempDirectory?: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (event: ReadProgress) => void;
}

export interface WriteOptions extends ReadOptions {
  /** Default parquet, compressed with zstd. */
  readonly format?: OutputFormat;
}

/** How far the reading is: 0 to 1 of the rows that the log promises, as the engine counts them. */
export interface ReadProgress {
  readonly fraction: number;
  /** Absent where the log has no statistics. */
  readonly rows?: number;
  /** Absent where the engine does not tell how much it has read. */
  readonly bytes?: number;
}

export interface Written {
  readonly rows: number;
  /** Names inside the folder. */
  readonly files: readonly string[];
}

/**
 * A few thousand rows, column by column. Values: numbers for 8 to 32 bit integers and floats, `bigint` for 64 bit integers,
 * text for decimals, `Uint8Array` for binary, days since 1970 for dates, `bigint` microseconds since 1970 for timestamps,
 * arrays, `[key, value]` pairs for maps, plain objects for structs, their JSON as text for variants, null for null.
 */
export interface RowBatch {
  readonly rowCount: number;
  readonly columns: readonly string[];
  values(column: number): readonly unknown[];
}
