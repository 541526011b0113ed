import type { DeltaTables } from '../delta/delta-table.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { RunStore } from '../registry/run-store.ts';
import type { VersionParam } from './evidence.ts';
import type { CallOptions } from './find-table.ts';
import type { Hold } from './wire-hold.ts';

export interface TraceSources {
  readonly tables: DeltaTables;
  readonly runs: RunStore;
  readonly models: ModelRegistry;
  /** Versions that are kept for good, and stand in where the original is lost. */
  readonly holds?: readonly Hold[];
}

export interface TraceOptions extends CallOptions {
  /** Parameters that hold versions under names of their own. */
  readonly versionParams?: readonly VersionParam[];
  /** Epoch milliseconds. */
  readonly now: number;
}
