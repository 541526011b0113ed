export type { DataFile, DeletionVector } from './data-file.ts';
export {
  DeltaLogError,
  type DeltaLogErrorCode,
  type DeltaLogErrorDetails,
  isDeltaLogError,
} from './errors.ts';
export type { LogFile } from './log-file.ts';
export {
  type CheckpointFile,
  type ChecksumFile,
  type CommitFile,
  type CompactionFile,
  type IncompleteCheckpoint,
  type ListLogOptions,
  type LogListing,
  listLog,
} from './log-listing.ts';
export { earliestVersion, type LogSegment, latestVersion, logSegment } from './log-segment.ts';
export { type OpenSnapshotOptions, openSnapshot } from './open-snapshot.ts';
export type { Store, StoreEntry, StoreStat } from './store.ts';
export type { FilesOptions, TableProtocol, TableSnapshot } from './table-snapshot.ts';
export { preload, useWasm } from './wasm-module.ts';
