/** The latest protocol and metadata of a log, spelt as in it: what `src/snapshot.rs` describes. */
export interface Description {
  readonly version: number;
  readonly protocol: WireProtocol;
  readonly metadata: WireMetadata;
}

export interface WireProtocol {
  readonly minReaderVersion: number;
  readonly minWriterVersion: number;
  readonly readerFeatures?: readonly string[] | null;
  readonly writerFeatures?: readonly string[] | null;
}

export interface WireMetadata {
  readonly id: string;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly schemaString: string;
  readonly partitionColumns: readonly string[];
  readonly createdTime?: number | null;
  readonly configuration: Readonly<Record<string, string>>;
}
