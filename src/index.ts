export {
  type ErrorCode,
  type ErrorDetails,
  errorCodes,
  isLineageError,
  LineageError,
} from './base/errors.ts';
export { gitVersion } from './base/git.ts';
export { connectRegistry, type Registry } from './connect-registry.ts';
export { connectTables, preloadSnapshots, type WarehouseEvent } from './connect-tables.ts';
export type { DeltaTable, DeltaTables } from './delta/delta-table.ts';
export type { ReadSpec, Selection } from './delta/read-spec.ts';
export type { RowDigest } from './delta/row-digest.ts';
export type { DeltaField, DeltaType, StructType } from './delta/schema.ts';
export type { DataFile, DeletionVector, Snapshot, Snapshots } from './delta/snapshot.ts';
export { type SnapshotSummary, summarize } from './delta/snapshot-summary.ts';
export type { CopyKind, CopyPlan, TableCopies } from './delta/table-copies.ts';
export type { Commit, TableHistory, TableVersion } from './delta/table-history.ts';
export {
  type OutputFormat,
  outputFormats,
  type ReadOptions,
  type ReadProgress,
  type RowBatch,
  type TableReader,
  type WriteOptions,
  type Written,
} from './delta/table-reader.ts';
export {
  formatTableRef,
  type Moment,
  parseTableName,
  parseTableRef,
  type TableName,
  type TableRef,
} from './delta/table-ref.ts';
export { type VacuumEngine, vacuumEngines } from './delta/vacuum.ts';
export { isSnapshot, type TableFacts, type VersionFacts } from './delta/version-facts.ts';
export { parseAliasedRef } from './lineage/alias.ts';
export { annotateFromRun, registerFromRun } from './lineage/annotate-model.ts';
export { type BackfillOptions, type BackfillSources, backfill } from './lineage/backfill.ts';
export { checkModel } from './lineage/check.ts';
export { makeCopy, type PlannedCopy, planCopy } from './lineage/copy-table.ts';
export { describeTable } from './lineage/describe-table.ts';
export { digestTable } from './lineage/digest-table.ts';
export { type DoctorSources, doctor } from './lineage/doctor.ts';
export { unnamedVersion, type VersionParam } from './lineage/evidence.ts';
export { fixFinding } from './lineage/fix-finding.ts';
export { type GuardOptions, guard } from './lineage/guard.ts';
export { findHold, type HoldOptions, hold, ownBytes, release } from './lineage/hold.ts';
export { type ImpactRequest, impact } from './lineage/impact.ts';
export type { EvidenceNames } from './lineage/named-evidence.ts';
export { type Pin, type PinRequest, pinTables } from './lineage/pin.ts';
export {
  type RehydrateOptions,
  rehydrate,
  type Wanted,
  wantedOf,
  wantedTable,
} from './lineage/rehydrate.ts';
export type { BackfillLine } from './lineage/result/backfill.ts';
export { type CheckLine, type RequirementName, requirementNames } from './lineage/result/check.ts';
export type { ConfigResult } from './lineage/result/config.ts';
export type { CopyResult } from './lineage/result/copy.ts';
export type { DigestResult } from './lineage/result/digest.ts';
export type { Finding } from './lineage/result/doctor.ts';
export type { ErrorResult } from './lineage/result/error.ts';
export type { GuardResult } from './lineage/result/guard.ts';
export { type HistoryLine, historyLineOf } from './lineage/result/history.ts';
export { type HoldLine, holdLineOf } from './lineage/result/hold.ts';
export type { ImpactedModel, ImpactResult } from './lineage/result/impact.ts';
export {
  type JournalLine,
  journalEntriesIn,
  journalLineOf,
  type LedgerResult,
} from './lineage/result/ledger.ts';
export type { LineageResult, Upstream } from './lineage/result/lineage.ts';
export type { Manifest } from './lineage/result/manifest.ts';
export { type ModelLine, modelLineOf } from './lineage/result/models.ts';
export type { Warning } from './lineage/result/parts.ts';
export { type PinResult, pinResultOf, pinsOf } from './lineage/result/pin.ts';
export type { RehydrateResult } from './lineage/result/rehydrate.ts';
export type { RunResult } from './lineage/result/run.ts';
export { resultSchemas } from './lineage/result/schemas.ts';
export type { ShowResult } from './lineage/result/show.ts';
export { type StampResult, stampedRunOf } from './lineage/result/stamp.ts';
export type { StatusLine, StatusTable } from './lineage/result/status.ts';
export type { SyncResult } from './lineage/result/sync.ts';
export type { Link, TraceResult } from './lineage/result/trace.ts';
export type { VerifyCheck, VerifyResult } from './lineage/result/verify.ts';
export {
  type Backfilled,
  type CodeVersion,
  type Stamp,
  type StampedTable,
  stampOf,
} from './lineage/stamp.ts';
export { type StampedRun, stampRun } from './lineage/stamp-run.ts';
export { type StatusOptions, status } from './lineage/status.ts';
export { runsOf } from './lineage/subjects.ts';
export type { Suspect } from './lineage/suspected-links.ts';
export { syncRegistry } from './lineage/sync.ts';
export { trace } from './lineage/trace.ts';
export type { TraceOptions, TraceSources } from './lineage/trace-sources.ts';
export {
  beginTracked,
  type Ending,
  endTracked,
  movedSince,
  type TrackedRun,
  tableEnvironment,
} from './lineage/tracked-run.ts';
export { tableUpstream, type UpstreamOptions } from './lineage/upstream.ts';
export { stampValidation, validatedTable, validationTag } from './lineage/validation.ts';
export { type VerifyOptions, verifyRun, verifyVersion } from './lineage/verify.ts';
export { isRehydrated, verifyFolder } from './lineage/verify-folder.ts';
export { type Hold, keptHolds } from './lineage/wire-hold.ts';
export { stampOn } from './lineage/wire-stamp.ts';
export { type StreamSource, streamOffsets } from './lineage/wire-stream-offsets.ts';
export {
  parseValidationFile,
  type Validation,
  type ValidationRecord,
} from './lineage/wire-validation.ts';
export type { ArtifactEntry, ArtifactOwner, ArtifactReader } from './registry/artifact-reader.ts';
export type { DigestCache } from './registry/digest-cache.ts';
export type { LoggedModel, ModelVersion, RegisteredModel, Stage } from './registry/model.ts';
export {
  formatModelVersion,
  type ModelRef,
  parseModelRef,
  parseStage,
} from './registry/model-ref.ts';
export type { ModelRegistry, NewModelVersion } from './registry/model-registry.ts';
export type {
  PastHolders,
  RegistryMirror,
  RegistryPast,
  RegistrySighting,
  SightingChanges,
} from './registry/registry-past.ts';
export type { Run, RunInput, RunStatus } from './registry/run.ts';
export type { RunSearch, RunSearchOptions, RunTagger } from './registry/run-search.ts';
export type { NewRun, RunRecord, RunStore } from './registry/run-store.ts';
export type {
  JournalCheck,
  JournalEntry,
  StampEntry,
  StampJournal,
} from './registry/stamp-journal.ts';
export {
  configResultOf,
  type Environment,
  loadSettings,
  type Setting,
  type Settings,
} from './settings.ts';
export { asofVersion } from './version.ts';
