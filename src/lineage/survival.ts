import { isLineageError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { liveRows } from '../delta/file-stats.ts';
import type { Commit } from '../delta/table-history.ts';
import type { CallOptions } from './find-table.ts';

/** A number of rows that the log bounds; `atMost` is absent where it does not. */
export interface RowBounds {
  readonly atLeast: number;
  readonly atMost?: number;
}

/** What one version still has of what a commit did. */
export interface Survival {
  /** Rows that the commit added, or changed, and that the version holds. */
  readonly held: RowBounds;
  /** Rows that the commit removed, or changed, and that the version lacks. */
  readonly lacking: RowBounds;
}

export interface CommitEffect {
  readonly commit: Commit;
  readonly added: RowBounds;
  readonly removed: RowBounds;
  /** By version, from the commit's own on. */
  readonly at: ReadonlyMap<number, Survival>;
}

/** A version's files: rows that can be read and rows deleted, by path. */
type Files = ReadonlyMap<string, { readonly rows: number | undefined; readonly vector: string }>;

/** Files that hold rows of the commit, nobody knows in which of them how many. */
interface Group {
  readonly paths: ReadonlySet<string>;
  readonly held: RowBounds;
}

interface State {
  readonly files: Files;
  readonly groups: readonly Group[];
  readonly lacking: RowBounds;
}

const nothing: RowBounds = { atLeast: 0, atMost: 0 };
/** They write files anew, and no row comes, goes or changes. */
const rewrites = /^(OPTIMIZE|REORG|CLUSTER|Z-?ORDER|AUTO ?COMPACT|PURGE)/i;
/** Their new files hold new rows alone. */
const copiesNothing =
  /^(WRITE|CREATE|REPLACE|CTAS|TRUNCATE|STREAMING UPDATE|COPY INTO|CLONE|CONVERT)/i;

/**
 * Follows what a commit did through the versions behind it, file by file: a row that it added is live as long as its file is, in the file
 * that compaction put it in, or in one that an UPDATE copied it to. What the log alone can't tell is given as bounds, never as one number.
 *
 * @param until the last version that is asked about
 * @throws LineageError VERSION_TOO_OLD and the like where the commit, or a version that it has to be followed through, can't be rebuilt
 */
export async function followCommit(
  table: DeltaTable,
  commits: ReadonlyMap<number, Commit>,
  version: number,
  until: number,
  options: CallOptions,
): Promise<CommitEffect> {
  const before = version === 0 ? new Map() : await filesAt(table, version - 1, options);
  const after = await filesAt(table, version, options);
  const commit = commits.get(version) ?? { version, timestamp: 0 };
  const change = changeOf(before, after, commit);
  const isRewrite = rewrites.test(commit.operation ?? '');
  const added = isRewrite ? nothing : change.added;
  const removed = isRewrite ? nothing : change.removed;
  let state: State = {
    files: after,
    groups:
      isRewrite || change.fresh.length === 0 ? [] : [{ paths: new Set(change.fresh), held: added }],
    lacking: removed,
  };
  const at = new Map<number, Survival>([[version, survivalOf(state)]]);
  const states: State[] = [{ files: before, groups: [], lacking: nothing }, state];
  for (let next = version + 1; next <= until; next++) {
    const files = await filesAt(table, next, options);
    const later = commits.get(next) ?? { version: next, timestamp: 0 };
    // A version that is restored has all that it had, whatever came between.
    const restored = /^RESTORE/i.test(later.operation ?? '')
      ? states.findLast((known) => isSame(known.files, files))
      : undefined;
    state = restored ? { ...restored, files } : stepped(state, files, later);
    states.push(state);
    at.set(next, survivalOf(state));
  }
  return { commit, added, removed, at };
}

function survivalOf({ groups, lacking }: State): Survival {
  return { held: groups.reduce((sum, group) => plus(sum, group.held), nothing), lacking };
}

interface Change {
  readonly fresh: readonly string[];
  readonly gone: readonly string[];
  readonly added: RowBounds;
  readonly removed: RowBounds;
  /** Rows of gone files that stand in the fresh ones as they were. */
  readonly copied: RowBounds;
}

function changeOf(
  before: Files,
  after: Files,
  { operation = '', operationMetrics }: Commit,
): Change {
  const fresh = [...after.keys()].filter((path) => !before.has(path));
  const gone = [...before.keys()].filter((path) => !after.has(path));
  const freshRows = sum(fresh.map((path) => after.get(path)?.rows));
  const goneRows = sum(gone.map((path) => before.get(path)?.rows));
  const masked = sum(
    [...after].flatMap(([path, { rows, vector }]) => {
      const earlier = before.get(path);
      if (earlier === undefined || earlier.vector === vector) return [];
      return [
        rows === undefined || earlier.rows === undefined
          ? undefined
          : Math.max(0, earlier.rows - rows),
      ];
    }),
  );
  const isEmpty = fresh.length === 0 || (gone.length === 0 && masked === 0);
  const copied = isEmpty
    ? nothing
    : copiedRows(operation, operationMetrics, freshRows, sum([goneRows, masked]));
  return {
    fresh,
    gone,
    copied,
    added: minus(bounds(freshRows), copied),
    removed: plus(minus(bounds(goneRows), copied), bounds(masked)),
  };
}

/**
 * What of the fresh files was there before, as it was: UPDATE, DELETE and MERGE write whole files anew, and count what they copied. A
 * row that an UPDATE sets to what it was is counted as changed, so that nobody can tell it from one that was.
 */
function copiedRows(
  operation: string,
  metrics: Commit['operationMetrics'],
  freshRows: number | undefined,
  earlierRows: number | undefined,
): RowBounds {
  if (copiesNothing.test(operation)) return nothing;
  const counts = [freshRows, earlierRows].filter((count) => count !== undefined);
  const most = counts.length === 0 ? undefined : Math.min(...counts);
  const upTo = (atLeast: number, atMost: number | undefined): RowBounds => {
    const least = most === undefined ? atLeast : Math.min(atLeast, most);
    const bound =
      atMost === undefined || most === undefined ? (atMost ?? most) : Math.min(atMost, most);
    return { atLeast: least, ...(bound !== undefined && { atMost: bound }) };
  };
  if (rewrites.test(operation)) return upTo(most ?? 0, most);
  const metric = (...names: readonly string[]) => {
    const text = names.map((name) => metrics?.[name]).find((value) => value !== undefined);
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  const copied = metric('numCopiedRows', 'numTargetRowsCopied');
  const updated = /^DELETE/i.test(operation) ? 0 : metric('numUpdatedRows', 'numTargetRowsUpdated');
  if (copied === undefined || updated === undefined) return upTo(0, undefined);
  return upTo(copied, copied + updated);
}

function stepped(state: State, files: Files, commit: Commit): State {
  const change = changeOf(state.files, files, commit);
  const isRewrite = rewrites.test(commit.operation ?? '');
  const gone = new Set(change.gone);
  const untouched: Group[] = [];
  const touched: Group[] = [];
  for (const group of state.groups) {
    const isTouched = [...group.paths].some(
      (path) => gone.has(path) || files.get(path)?.vector !== state.files.get(path)?.vector,
    );
    (isTouched ? touched : untouched).push(group);
  }
  if (touched.length === 0) return { ...state, files };
  const held = touched.reduce((all, group) => plus(all, group.held), nothing);
  const paths = new Set(
    touched.flatMap((group) => [...group.paths]).filter((path) => files.has(path)),
  );
  if (isRewrite || change.copied.atMost !== 0) for (const path of change.fresh) paths.add(path);
  if (paths.size === 0) return { ...state, files, groups: untouched };
  const group: Group = { paths, held: isRewrite ? held : lessened(held, change, paths, files) };
  return { ...state, files, groups: [...untouched, group] };
}

/** What is left after rows were removed, of which nobody knows whether they were these. */
function lessened(
  held: RowBounds,
  { removed }: Change,
  paths: ReadonlySet<string>,
  files: Files,
): RowBounds {
  const room = sum([...paths].map((path) => files.get(path)?.rows));
  const most = Math.min(held.atMost ?? Number.MAX_SAFE_INTEGER, room ?? Number.MAX_SAFE_INTEGER);
  const atLeast = removed.atMost === undefined ? 0 : Math.max(0, held.atLeast - removed.atMost);
  return {
    atLeast: Math.min(atLeast, most),
    ...(most < Number.MAX_SAFE_INTEGER && { atMost: most }),
  };
}

async function filesAt(table: DeltaTable, version: number, options: CallOptions): Promise<Files> {
  const files = new Map<string, { rows: number | undefined; vector: string }>();
  const snapshot = await table.snapshots.at(version, options);
  for await (const batch of snapshot.files(options)) {
    for (const file of batch) {
      const vector = file.deletionVector === undefined ? '' : JSON.stringify(file.deletionVector);
      files.set(file.path, { rows: liveRows(file), vector });
    }
  }
  return files;
}

function isSame(a: Files, b: Files): boolean {
  if (a.size !== b.size) return false;
  return [...a].every(([path, { vector }]) => b.get(path)?.vector === vector);
}

function sum(counts: readonly (number | undefined)[]): number | undefined {
  return counts.reduce<number | undefined>(
    (all, count) => (all === undefined || count === undefined ? undefined : all + count),
    0,
  );
}

function bounds(count: number | undefined): RowBounds {
  return count === undefined ? { atLeast: 0 } : { atLeast: count, atMost: count };
}

function plus(a: RowBounds, b: RowBounds): RowBounds {
  const atMost = sum([a.atMost, b.atMost]);
  return { atLeast: a.atLeast + b.atLeast, ...(atMost !== undefined && { atMost }) };
}

function minus(a: RowBounds, b: RowBounds): RowBounds {
  const atLeast = b.atMost === undefined ? 0 : Math.max(0, a.atLeast - b.atMost);
  return { atLeast, ...(a.atMost !== undefined && { atMost: Math.max(0, a.atMost - b.atLeast) }) };
}

/** Every commit of a table that its log still has, by version. */
export async function commitsByVersion(
  table: DeltaTable,
  options: CallOptions,
): Promise<ReadonlyMap<number, Commit>> {
  const commits = new Map<number, Commit>();
  try {
    for await (const commit of table.history.commits(options)) commits.set(commit.version, commit);
  } catch (error) {
    if (!isLineageError(error)) throw error;
  }
  return commits;
}
