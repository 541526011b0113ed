import type { StructType } from './schema.ts';
import type { CallOptions, Protocol, Snapshot } from './snapshot.ts';

/**
 * What an engine tells of a table at one version. A snapshot, which is read from the log, has all of it; a warehouse does not tell which
 * files make up a version, and some things only of the latest one. What it does not tell is absent.
 */
export interface VersionFacts {
  readonly version: number;
  readonly tableId: string;
  readonly name?: string;
  readonly description?: string;
  /** Epoch milliseconds, UTC. */
  readonly createdAt?: number;
  /** Where the table lies, when the engine had to be asked for it: a local path or a URL. */
  readonly location?: string;
  readonly schema: StructType;
  readonly protocol?: Protocol;
  readonly partitionColumns?: readonly string[];
  readonly properties?: Readonly<Record<string, string>>;
  /** Of the version, where the engine counts files without listing them. */
  readonly fileCount?: number;
  readonly sizeBytes?: number;
  readonly files?: Snapshot['files'];
  readonly deletedRows?: Snapshot['deletedRows'];
}

/** What a table's engine tells of its versions, from whatever it has. */
export interface TableFacts {
  /**
   * @throws LineageError as `Snapshots.at` does, and what a warehouse refuses: VERSION_REFUSED, WAREHOUSE_REFUSED, LOGIN_REFUSED, …
   */
  at(version: number, options?: CallOptions): Promise<VersionFacts>;
}

/** Whether the facts come from the log, so that none is absent. */
export function isSnapshot(facts: VersionFacts): facts is Snapshot {
  return facts.files !== undefined && facts.deletedRows !== undefined;
}
