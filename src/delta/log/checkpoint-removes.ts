import type { CallOptions } from '../snapshot.ts';
import type { FileRemoved } from './commit-actions.ts';

/** Reads the `remove` actions that stand in Parquet files of a checkpoint, given by their absolute paths. */
export type CheckpointRemoves = (
  paths: readonly string[],
  options: CallOptions,
) => Promise<readonly FileRemoved[]>;
