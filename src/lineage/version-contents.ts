import { isLineageError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { liveRows } from '../delta/file-stats.ts';
import type { Commit } from '../delta/table-history.ts';
import type { CallOptions } from './find-table.ts';

/** What the log says of a version, as far as records of a training can be held against it. */
export interface VersionContents {
  readonly version: number;
  /** Absent where a file has no statistics. */
  readonly rows?: number;
  readonly columns: readonly string[];
  /** Paths of the live files, as the log has them; empty where they were not asked for. */
  readonly files: ReadonlySet<string>;
  readonly tableId: string;
}

/** How many versions before a run are held against what it recorded. */
export const mostVersions = 60;

export interface ContentsOptions extends CallOptions {
  /** With the paths of the files: much to keep of a large table. */
  readonly withFiles?: boolean;
}

const known = new WeakMap<DeltaTable, Map<string, Promise<VersionContents | undefined>>>();

/** Undefined where the version can't be rebuilt any more. Each is looked at once. */
export function versionContents(
  table: DeltaTable,
  version: number,
  options: ContentsOptions,
): Promise<VersionContents | undefined> {
  const facts = known.get(table) ?? new Map<string, Promise<VersionContents | undefined>>();
  known.set(table, facts);
  const key = `${version} ${options.withFiles ?? false}`;
  const found = facts.get(key) ?? readFacts(table, version, options);
  facts.set(key, found);
  return found;
}

async function readFacts(
  table: DeltaTable,
  version: number,
  { withFiles = false, ...options }: ContentsOptions,
): Promise<VersionContents | undefined> {
  try {
    const snapshot = await table.snapshots.at(version, options);
    const files = new Set<string>();
    let rows: number | undefined = 0;
    for await (const batch of snapshot.files(options)) {
      for (const file of batch) {
        if (withFiles) files.add(file.path);
        const live = liveRows(file);
        rows = rows === undefined || live === undefined ? undefined : rows + live;
      }
    }
    const columns = snapshot.schema.fields.map(({ name }) => name);
    const { tableId } = snapshot;
    return { version, columns, files, tableId, ...(rows !== undefined && { rows }) };
  } catch (error) {
    if (!isLineageError(error)) throw error;
    return;
  }
}

/** The newest commits at or before a moment, newest first; `isWhole` when no older one is left out. */
export async function commitsBefore(
  table: DeltaTable,
  instant: number,
  options: CallOptions,
): Promise<{ readonly commits: readonly Commit[]; readonly isWhole: boolean }> {
  const commits: Commit[] = [];
  for await (const commit of table.history.commits(options)) {
    if (commit.timestamp > instant) continue;
    if (commits.length === mostVersions) return { commits, isWhole: false };
    commits.push(commit);
  }
  return { commits, isWhole: true };
}
