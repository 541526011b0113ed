import type { Snapshots } from './snapshot.ts';
import type { TableCopier } from './table-copier.ts';
import type { TableCopies } from './table-copies.ts';
import type { TableHistory } from './table-history.ts';
import type { TableReader } from './table-reader.ts';
import type { TableName } from './table-ref.ts';
import type { Timelines } from './table-timeline.ts';
import type { TableFacts } from './version-facts.ts';

/** One table, through the engine that serves it. */
export interface DeltaTable {
  /** As the user named it; messages and stamps use this name. */
  readonly name: string;
  /** A local path or a URL. Of a table behind a warehouse the warehouse's; `facts` tell where that keeps it. */
  readonly location: string;
  readonly history: TableHistory;
  /** What every engine tells of a version; `snapshots` also list its files. */
  readonly facts: TableFacts;
  readonly snapshots: Snapshots;
  readonly reader: TableReader;
  /** Where the engine makes copies by itself, beside its other tables. */
  readonly copies?: TableCopies;
  /** Absent where the engine does not see the log and the storage themselves. */
  readonly timelines?: Timelines;
  /** Absent where the engine does not reach the files. */
  readonly copier?: TableCopier;
}

/** Finds the engine for a table; nothing is read yet. */
export interface DeltaTables {
  /** @throws LineageError TABLE_NAME_UNKNOWN, STORE_UNSUPPORTED */
  open(table: TableName): DeltaTable;
  /** Ends what was opened on servers. */
  close?(): Promise<void>;
}
