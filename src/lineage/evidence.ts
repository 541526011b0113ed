import type { Run } from '../registry/run.ts';
import type { EvidenceKind, Warning } from './result/parts.ts';
import type { StampedTable } from './stamp.ts';

/** What one record on a run says about one table. */
export interface Evidence {
  readonly kind: EvidenceKind;
  /** Where it stands, in words. */
  readonly where: string;
  /** What the record calls the table; absent when only the table's own name is known. */
  readonly alias?: string;
  /** The table's name or location, as recorded. */
  readonly ref: string;
  /** Another place where the table may be found. */
  readonly location?: string;
  readonly id?: string;
  /** Absent: the record names the table and no version. */
  readonly version?: number;
  /** Epoch milliseconds: the record names the version that was the latest then. */
  readonly instant?: number;
  /** All of it, when it is ours. */
  readonly stamped?: StampedTable;
  /** How many rows the record counted. */
  readonly rows?: number;
  /** The columns that the record saw. */
  readonly columns?: readonly string[];
  /** `ref` is a place that holds data in some form: a Delta table, something inside one, or neither. */
  readonly isPlace?: boolean;
  /** Data files of the table that the record names, relative to the table. */
  readonly files?: readonly string[];
  /** Records of this kind never hold a version. Of others an absent one says that it was lost: version 0 by MLflow, or any. */
  readonly isVersionless?: boolean;
  /** Written by MLflow's Spark dataset, which may have taken the latest version at the time of logging for the one read. */
  readonly isSpark?: boolean;
  /** The dataset as the registry identifies it. */
  readonly dataset?: { readonly name: string; readonly digest: string };
  /** The run that it stands on, where that is another than the one asked about: its parent, say. */
  readonly of?: Run;
  /** An earlier run that has the same dataset; MLflow keeps what that one said. */
  readonly sharedWith?: { readonly runId: string; readonly startedAt: number };
}

/** Parameters that hold versions under names of their own. */
export interface VersionParam {
  /** The parameter with the version. */
  readonly version: string;
  /** The table that it is about. */
  readonly table: string;
}

/** A version of which nothing says to which table it belongs. */
export interface UnnamedVersion {
  readonly kind: EvidenceKind;
  readonly where: string;
  readonly key: string;
  readonly text: string;
  readonly version: number | undefined;
}

/** What records say of tables, strongest first, and versions of which nothing says to which table they belong. */
export interface FoundEvidence {
  readonly evidence: readonly Evidence[];
  readonly warnings: readonly Warning[];
  readonly unnamed: readonly UnnamedVersion[];
}

/** The parameter that people use when they have one table only. */
export const unnamedVersion = 'training_data_version';
