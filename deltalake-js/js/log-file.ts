import { DeltaLogError } from './errors.ts';
import type { StoreEntry } from './store.ts';

/** The folder of a table that holds its log. */
export const logFolder = '_delta_log';

/** A file of the log, as its name describes it. */
export interface LogFile {
  readonly version: number;
  /** Relative to the table's root. */
  readonly path: string;
  readonly sizeBytes?: number;
  /** Epoch milliseconds, UTC. */
  readonly modifiedAt?: number;
}

export type LogFileKind =
  | { readonly type: 'commit' }
  | { readonly type: 'checksum' }
  | { readonly type: 'compaction'; readonly lastVersion: number }
  | { readonly type: 'classic-checkpoint' }
  | { readonly type: 'v2-checkpoint' }
  | { readonly type: 'checkpoint-part'; readonly part: number; readonly parts: number };

// 00000000000000000012.checkpoint.0000000001.0000000004.parquet
// ^ version, 20 digits            ^ part     ^ of
const named = /^(\d{20})\.(.+)$/;
const compaction = /^(\d{20})\.compacted\.json$/;
const v2Checkpoint = /^checkpoint\.[^.]{36}\.(?:json|parquet)$/;
const checkpointPart = /^checkpoint\.(\d{10})\.(\d{10})\.parquet$/;

/**
 * What a name in `_delta_log` means; undefined for all that is not part of the log.
 *
 * Source: Delta protocol, "File Types" and "Checkpoint Naming Scheme".
 * @throws DeltaLogError LOG_DAMAGED when the version is beyond what a number holds exactly
 */
export function parseLogFile(entry: StoreEntry): (LogFile & { kind: LogFileKind }) | undefined {
  const [, digits, rest] = named.exec(entry.name) ?? [];
  if (digits === undefined || rest === undefined) return undefined;
  const path = `${logFolder}/${entry.name}`;
  const kind = kindOf(rest, path);
  if (!kind) return undefined;
  return {
    version: exactVersion(digits, path),
    path,
    ...(entry.sizeBytes !== undefined && { sizeBytes: entry.sizeBytes }),
    ...(entry.modifiedAt !== undefined && { modifiedAt: entry.modifiedAt }),
    kind,
  };
}

function kindOf(rest: string, path: string): LogFileKind | undefined {
  if (rest === 'json') return { type: 'commit' };
  if (rest === 'crc') return { type: 'checksum' };
  if (rest === 'checkpoint.parquet') return { type: 'classic-checkpoint' };
  if (v2Checkpoint.test(rest)) return { type: 'v2-checkpoint' };
  const [, last] = compaction.exec(rest) ?? [];
  if (last !== undefined) return { type: 'compaction', lastVersion: exactVersion(last, path) };
  const [, part, parts] = checkpointPart.exec(rest) ?? [];
  if (part === undefined || parts === undefined) return undefined;
  const numbers = { part: Number(part), parts: Number(parts) };
  // The protocol numbers parts from 1, and asks for more than one.
  if (numbers.part < 1 || numbers.part > numbers.parts || numbers.parts < 2) return undefined;
  return { type: 'checkpoint-part', ...numbers };
}

function exactVersion(digits: string, path: string): number {
  const version = Number(digits);
  if (Number.isSafeInteger(version)) return version;
  throw new DeltaLogError('LOG_DAMAGED', {
    path,
    problem: 'its version is larger than a number can hold exactly',
  });
}

/** The name that all files of a version, and of later ones, sort after. */
export function justBefore(version: number): string {
  return String(version).padStart(20, '0');
}
