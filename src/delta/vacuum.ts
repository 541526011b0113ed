import type { StoredEntry, Tombstone } from './table-timeline.ts';

export const vacuumEngines = [
  'spark',
  'spark-4.0',
  'spark-4.1',
  'delta-rs',
  'delta-rs-full',
] as const;
export type VacuumEngine = (typeof vacuumEngines)[number];

/** A table as VACUUM finds it. */
export interface VacuumSubject {
  /** All below the table's folder but its log. */
  readonly entries: readonly StoredEntry[];
  /** What the latest version needs: data files, relative to the table. */
  readonly live: ReadonlySet<string>;
  /** And its deletion vectors that are files. */
  readonly liveVectors: ReadonlySet<string>;
  readonly tombstones: readonly Tombstone[];
  readonly partitionColumns: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
  /** `delta.deletedFileRetentionDuration` in milliseconds. */
  readonly tableRetentionMs: number;
}

export interface VacuumOptions {
  readonly engine: VacuumEngine;
  /** Epoch milliseconds. */
  readonly now: number;
  /** What is given to VACUUM; absent: the table's own. */
  readonly retainMs?: number;
  /** Of delta-rs: data files of versions to keep. */
  readonly keep?: ReadonlySet<string>;
}

/**
 * What a VACUUM would delete, by the engine's own rule: files, and with Spark the folders that it would try. Ascending by path.
 *
 * - Spark (Delta Lake 4.4, `VacuumCommand`, FULL): what is older than the retention and neither part of the latest version nor removed
 *   within the retention. It forgets removals older than the table's own retention, whatever RETAIN says. From Delta 4.1 on RETAIN counts
 *   only when it is 0; up to 4.0 always. `spark` is whichever deletes more.
 * - delta-rs (1.6, `vacuum.rs`): removed files whose removal is older than the retention.
 * - delta-rs with `full=True`: those, and whatever else is older and no data file of the latest version: also live deletion vectors.
 */
export function vacuumed(subject: VacuumSubject, options: VacuumOptions): readonly StoredEntry[] {
  const isSpark = options.engine.startsWith('spark');
  const found = isSpark ? bySpark(subject, options) : byDeltaRs(subject, options);
  return [...found].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function bySpark(
  { entries, live, liveVectors, tombstones, tableRetentionMs, ...table }: VacuumSubject,
  { engine, now, retainMs = tableRetentionMs }: VacuumOptions,
): readonly StoredEntry[] {
  const retention = {
    'spark-4.0': retainMs,
    'spark-4.1': retainMs === 0 ? 0 : tableRetentionMs,
  };
  const exactly = engine === 'spark-4.0' || engine === 'spark-4.1' ? retention[engine] : undefined;
  const deleteBefore = now - (exactly ?? Math.min(...Object.values(retention)));
  const valid = new Set<string>();
  const spare = (path: string | undefined) => {
    if (path === undefined) return;
    valid.add(path);
    for (const folder of foldersAbove(path)) valid.add(folder);
  };
  for (const path of live) spare(path);
  for (const path of liveVectors) valid.add(path);
  for (const { inside, vectorInside, removedAt } of tombstones) {
    const isRemembered = removedAt > now - tableRetentionMs;
    if (!isRemembered || removedAt < deleteBefore) continue;
    spare(inside);
    if (vectorInside !== undefined) valid.add(vectorInside);
  }
  const listed = entries.filter(({ path }) => !isHiddenForSpark(path, table));
  const counts = new Map<string, number>();
  const count = (path: string) => counts.set(path, (counts.get(path) ?? 0) + 1);
  for (const { path, isFolder, modifiedAt } of listed) {
    if (isFolder) count(path);
    else if (modifiedAt < deleteBefore) {
      count(path);
      for (const folder of foldersAbove(path)) count(folder);
    }
  }
  return listed.filter(({ path }) => counts.get(path) === 1 && !valid.has(path));
}

/** Source: Delta Lake 4.4, `DeltaTableUtils.isHiddenDirectory`: what is hidden is not looked into. */
function isHiddenForSpark(
  path: string,
  { partitionColumns, properties }: Pick<VacuumSubject, 'partitionColumns' | 'properties'>,
): boolean {
  const hasIceberg = /\biceberg\b/.test(properties['delta.universalFormat.enabledFormats'] ?? '');
  return path
    .split('/')
    .some(
      (name) =>
        (hasIceberg && name === 'metadata') ||
        (/^[._]/.test(name) &&
          !/^_(delta_index|change_data)/.test(name) &&
          !partitionColumns.some((column) => name.startsWith(`${column}=`))),
    );
}

function byDeltaRs(
  { entries, live, tombstones, partitionColumns, tableRetentionMs }: VacuumSubject,
  { engine, now, retainMs = tableRetentionMs, keep = new Set() }: VacuumOptions,
): readonly StoredEntry[] {
  const removed = new Map<string, boolean>();
  for (const { inside, removedAt } of tombstones) {
    if (inside === undefined) continue;
    removed.set(inside, removed.get(inside) === true || removedAt < now - retainMs);
  }
  const isHidden = (path: string) =>
    /^[._]/.test(path) &&
    !/^_(delta_index|change_data)/.test(path) &&
    !partitionColumns.some((column) => path.startsWith(column));
  return entries.filter(({ path, isFolder, modifiedAt }) => {
    if (isFolder || live.has(path) || keep.has(path) || isHidden(path)) return false;
    const isExpired = removed.get(path);
    if (isExpired !== undefined) return isExpired;
    return engine === 'delta-rs-full' && now - modifiedAt >= retainMs;
  });
}

function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
