/** A file of rows that belongs to a version of the table. */
export interface DataFile {
  /** As the log has it: percent-encoded, relative to the table's root or an absolute URL. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Epoch milliseconds, UTC. */
  readonly modifiedAt: number;
  /** By the column's physical name, as text in the log's own form. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Row count, minima, maxima and null counts: JSON, whose integers may need 64 bits. */
  readonly stats?: string;
  readonly deletionVector?: DeletionVector;
  readonly baseRowId?: number;
  readonly defaultRowCommitVersion?: number;
  readonly tags?: Readonly<Record<string, string | null>>;
}

/** Where the list of a file's deleted rows is. Source: Delta protocol, "Deletion Vectors". */
export interface DeletionVector {
  /** u: in a file of the table, p: in a file at an absolute path, i: inline. */
  readonly storageType: 'u' | 'p' | 'i';
  readonly pathOrInlineDv: string;
  readonly offset?: number;
  readonly sizeInBytes: number;
  /** How many rows are deleted. */
  readonly cardinality: number;
}
