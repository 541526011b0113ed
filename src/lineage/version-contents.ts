import { isLineageError } from '../base/errors.ts';
import { firstIndex } from '../base/first-index.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { liveRows } from '../delta/file-stats.ts';
import type { Commit } from '../delta/table-history.ts';
import { metadataAt, spansAt, type Timeline } from '../delta/table-timeline.ts';
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

/**
 * By version, where it can still be rebuilt; each is looked at once.
 *
 * @param withFiles with the paths of the files: much to keep of a large table
 */
export function contentsOf(
  table: DeltaTable,
  versions: readonly number[],
  withFiles: boolean,
  options: CallOptions,
): Promise<ReadonlyMap<number, VersionContents>> {
  return lookedUp(table, versions, withFiles, (version) =>
    contentsIn(table, version, withFiles, options),
  );
}

/** The same from one reading of the log. @param versions those that the timeline was read for */
export function contentsFrom(
  timeline: Timeline,
  versions: readonly number[],
  withFiles: boolean,
): Promise<ReadonlyMap<number, VersionContents>> {
  return lookedUp(timeline, versions, withFiles, (version) =>
    contentsAt(timeline, version, withFiles),
  );
}

const known = new WeakMap<DeltaTable | Timeline, Map<string, VersionContents | undefined>>();

async function lookedUp(
  owner: DeltaTable | Timeline,
  versions: readonly number[],
  withFiles: boolean,
  look: (version: number) => VersionContents | Promise<VersionContents>,
): Promise<ReadonlyMap<number, VersionContents>> {
  const before = known.get(owner) ?? new Map<string, VersionContents | undefined>();
  known.set(owner, before);
  const contents = new Map<number, VersionContents>();
  for (const version of versions) {
    const key = `${version} ${withFiles}`;
    if (!before.has(key)) before.set(key, await orUndefined(() => look(version)));
    const found = before.get(key);
    if (found !== undefined) contents.set(version, found);
  }
  return contents;
}

async function orUndefined<T>(look: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!isLineageError(error)) throw error;
    return;
  }
}

async function contentsIn(
  table: DeltaTable,
  version: number,
  withFiles: boolean,
  options: CallOptions,
): Promise<VersionContents> {
  const snapshot = await table.snapshots.at(version, options);
  const files = new Set<string>();
  let rows: number | undefined = 0;
  for await (const batch of snapshot.files(options)) {
    for (const file of batch) {
      if (withFiles) files.add(file.path);
      rows = sum(rows, liveRows(file));
    }
  }
  const columns = snapshot.schema.fields.map(({ name }) => name);
  const { tableId } = snapshot;
  return { version, columns, files, tableId, ...(rows !== undefined && { rows }) };
}

function contentsAt(timeline: Timeline, version: number, withFiles: boolean): VersionContents {
  const failure = timeline.failures.get(version);
  if (failure !== undefined) throw failure;
  const metadata = metadataAt(timeline, version);
  if (metadata === undefined) throw new TypeError('every version has metadata');
  const spans = spansAt(timeline, version);
  const rows = spans.reduce<number | undefined>((all, span) => sum(all, span.rows), 0);
  return {
    version,
    columns: metadata.schema().fields.map(({ name }) => name),
    files: new Set(withFiles ? spans.map(({ file }) => file.path) : []),
    tableId: metadata.tableId,
    ...(rows !== undefined && { rows }),
  };
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

/** Of commits, ascending, the versions that `commitsBefore` would give for some of these moments. */
export function versionsBefore(
  commits: readonly { readonly version: number; readonly committedAt: number }[],
  instants: Iterable<number>,
): readonly number[] {
  const versions = new Set<number>();
  for (const instant of instants) {
    const isLater = (index: number) => (commits[index]?.committedAt ?? 0) > instant;
    const end = firstIndex(commits.length, isLater);
    for (const { version } of commits.slice(Math.max(0, end - mostVersions), end)) {
      versions.add(version);
    }
  }
  return [...versions];
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
