import type { StructType } from './schema.ts';

/** A table at one version, from its log alone: no row is read for it. */
export interface Snapshot {
  readonly version: number;
  /** `metaData.id`: stays when the table is renamed or restored, changes when it is dropped and made again. */
  readonly tableId: string;
  readonly name?: string;
  readonly description?: string;
  /** Epoch milliseconds, UTC. */
  readonly createdAt?: number;
  readonly protocol: Protocol;
  readonly schema: StructType;
  readonly partitionColumns: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  /**
   * The files that make up the version, in batches, in no particular order.
   *
   * @throws LineageError PATH_OUTSIDE_TABLE, LOG_DAMAGED, CHECKPOINT_DAMAGED
   */
  files(options?: FilesOptions): AsyncIterable<readonly DataFile[]>;
  /**
   * Which rows of a file are deleted: ascending row indexes, as many as the vector says.
   *
   * @throws LineageError DELETION_VECTOR_DAMAGED
   */
  deletedRows(vector: DeletionVector, options?: CallOptions): Promise<Float64Array>;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

export interface FilesOptions extends CallOptions {
  /** Statistics are most of a log's bytes: leave them out where they are not needed. Default true. */
  readonly stats?: boolean;
}

export interface Protocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  /** Empty below reader version 3. */
  readonly readerFeatures: readonly string[];
  /** Empty below writer version 7. */
  readonly writerFeatures: readonly string[];
}

export interface DataFile {
  /** As the log has it: URL-encoded, relative to the table or absolute. */
  readonly path: string;
  /** Where it lies: a local path, or a URL. */
  readonly location: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds, as the writer recorded it. */
  readonly modifiedAt: number;
  /** By physical column name; null and the empty text both stand for null. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** JSON text: numRecords, minValues, maxValues, nullCount. */
  readonly stats?: string;
  readonly deletionVector?: DeletionVector;
}

/** Source: Delta protocol, "Deletion Vector Descriptor Schema". */
export interface DeletionVector {
  /** u: in a file of the table; p: in a file at an absolute path; i: inline. */
  readonly storageType: 'u' | 'p' | 'i';
  readonly pathOrInlineDv: string;
  readonly offset?: number;
  readonly sizeInBytes: number;
  /** How many rows it deletes. */
  readonly cardinality: number;
}

export interface Snapshots {
  /**
   * The table at a version.
   *
   * @throws LineageError TABLE_NOT_FOUND, TABLE_NOT_DELTA, VERSION_TOO_NEW, VERSION_TOO_OLD, LOG_GAP, LOG_DAMAGED,
   *   CHECKPOINT_DAMAGED, FEATURE_UNSUPPORTED; FILES_UNKNOWN behind a warehouse
   */
  at(version: number, options?: CallOptions): Promise<Snapshot>;

  /** Which of these files are no longer there, or are there with another size. Looks at each, reads none. */
  audit<F extends DataFileIdentity>(
    files: readonly F[],
    options?: CallOptions,
  ): Promise<FileAudit<F>>;
}

export type DataFileIdentity = Pick<DataFile, 'location' | 'sizeBytes'>;

export interface FileAudit<F> {
  readonly missing: readonly F[];
  readonly changed: readonly { readonly file: F; readonly sizeBytes: number }[];
}
