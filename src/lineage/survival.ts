import { isLineageError, LineageError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import type { Commit } from '../delta/table-history.ts';
import { type FileSpan, spansAt, type Timeline } from '../delta/table-timeline.ts';
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
  /** By version: those that were asked about, from the commit's own on. */
  readonly at: ReadonlyMap<number, Survival>;
}

/** Live files by path: rows that can be read and rows deleted. */
type Files = ReadonlyMap<string, LiveFile>;

interface LiveFile {
  readonly rows: number | undefined;
  readonly vector: string;
  readonly sizeBytes: number;
}

/** What a version did to the files of the one before. */
interface Step {
  readonly fresh: ReadonlyMap<string, LiveFile>;
  readonly gone: ReadonlyMap<string, LiveFile>;
  /** Files with other rows deleted than before. */
  readonly masked: ReadonlyMap<string, { readonly before: LiveFile; readonly after: LiveFile }>;
}

/** The versions of a table one after the other, from one reading of its log. */
export interface Replay {
  readonly timeline: Timeline;
  readonly commits: ReadonlyMap<number, Commit>;
  readonly steps: ReadonlyMap<number, Step>;
}

/** Files that hold rows of the commit, nobody knows in which of them how many. */
interface Group {
  readonly paths: ReadonlySet<string>;
  readonly held: RowBounds;
}

interface State {
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
 * Reads what these commits did, and all behind them.
 *
 * @throws LineageError FILES_UNKNOWN where the log itself is not shown; VERSION_TOO_OLD and the like where a commit, or the version before it, can't be rebuilt
 */
export async function replayOf(
  { name, history, timelines }: Pick<DeltaTable, 'name' | 'history' | 'timelines'>,
  { from, to }: { readonly from: number; readonly to: number },
  options: CallOptions,
): Promise<Replay> {
  if (timelines === undefined) throw new LineageError('FILES_UNKNOWN', { table: name });
  const versions = [...(from === 0 ? [] : [from - 1]), from, to];
  const timeline = await timelines.read(versions, options);
  for (const version of versions) {
    const failure = timeline.failures.get(version);
    if (failure !== undefined) throw failure;
  }
  return { timeline, commits: await commitsByVersion(history, options), steps: stepsOf(timeline) };
}

function stepsOf({ spans }: Timeline): Replay['steps'] {
  const begun = new Map<number, FileSpan[]>();
  const ended = new Map<number, FileSpan[]>();
  const put = (map: Map<number, FileSpan[]>, version: number, span: FileSpan) => {
    const known = map.get(version);
    if (known === undefined) map.set(version, [span]);
    else known.push(span);
  };
  for (const span of spans) {
    put(begun, span.from, span);
    if (span.to !== undefined) put(ended, span.to, span);
  }
  const steps = new Map<number, Step>();
  for (const version of new Set([...begun.keys(), ...ended.keys()])) {
    const fresh = filesOf(begun.get(version) ?? []);
    const gone = filesOf(ended.get(version) ?? []);
    const masked = new Map<string, { before: LiveFile; after: LiveFile }>();
    for (const [path, after] of fresh) {
      const before = gone.get(path);
      if (before === undefined) continue;
      fresh.delete(path);
      gone.delete(path);
      if (before.vector !== after.vector) masked.set(path, { before, after });
    }
    steps.set(version, { fresh, gone, masked });
  }
  return steps;
}

function filesOf(spans: readonly FileSpan[]): Map<string, LiveFile> {
  return new Map(
    spans.map(({ file, rows }) => {
      const vector = file.deletionVector === undefined ? '' : JSON.stringify(file.deletionVector);
      return [file.path, { rows, vector, sizeBytes: file.sizeBytes }];
    }),
  );
}

const bytesOf = (files: Files) => {
  let bytes = 0;
  for (const { sizeBytes } of files.values()) bytes += sizeBytes;
  return bytes;
};

/**
 * Follows what a commit did through the versions behind it, file by file: a row that it added is live as long as its file is, in the file
 * that compaction put it in, or in one that an UPDATE copied it to. What the log alone can't tell is given as bounds, never as one number.
 *
 * @param wanted the versions that are asked about
 */
export function followCommit(
  { timeline, commits, steps }: Replay,
  version: number,
  wanted: readonly number[],
): CommitEffect {
  const versions = new Set(wanted);
  const last = wanted.reduce((most, one) => Math.max(most, one), version);
  const before = version === 0 ? new Map() : filesOf(spansAt(timeline, version - 1));
  const files = filesOf(spansAt(timeline, version));
  const commit = commits.get(version) ?? { version, timestamp: 0 };
  const change = changeOf(steps.get(version) ?? nothingDone, commit);
  const isRewrite = rewrites.test(commit.operation ?? '');
  const added = isRewrite ? nothing : change.added;
  const removed = isRewrite ? nothing : change.removed;
  let state: State = {
    groups:
      isRewrite || change.fresh.length === 0 ? [] : [{ paths: new Set(change.fresh), held: added }],
    lacking: removed,
  };
  const at = new Map<number, Survival>();
  let bytes = bytesOf(files);
  // Versions of another size have other files.
  const sizeOf = (some: Files, sum: number) => `${some.size} ${sum}`;
  const none: State = { groups: [], lacking: nothing };
  const states = [
    { version: version - 1, size: sizeOf(before, bytesOf(before)), state: none },
    { version, size: sizeOf(files, bytes), state },
  ];
  if (versions.has(version)) at.set(version, survivalOf(state));
  for (let next = version + 1; next <= last; next++) {
    const step = steps.get(next) ?? nothingDone;
    for (const [path, { sizeBytes }] of step.gone) {
      files.delete(path);
      bytes -= sizeBytes;
    }
    for (const [path, file] of step.fresh) {
      files.set(path, file);
      bytes += file.sizeBytes;
    }
    for (const [path, { after }] of step.masked) files.set(path, after);
    const size = sizeOf(files, bytes);
    const later = commits.get(next) ?? { version: next, timestamp: 0 };
    // A version that is restored has all that it had, whatever came between.
    const restored = /^RESTORE/i.test(later.operation ?? '')
      ? states.findLast(
          (known) => known.size === size && isSame(filesAt(timeline, known.version), files),
        )
      : undefined;
    state = restored?.state ?? stepped(state, step, files, later);
    states.push({ version: next, size, state });
    if (versions.has(next)) at.set(next, survivalOf(state));
  }
  return { commit, added, removed, at };
}

const nothingDone: Step = { fresh: new Map(), gone: new Map(), masked: new Map() };

/** None before the first version. */
function filesAt(timeline: Timeline, version: number): Files {
  return version < 0 ? new Map() : filesOf(spansAt(timeline, version));
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

function changeOf(step: Step, { operation = '', operationMetrics }: Commit): Change {
  const fresh = [...step.fresh.keys()];
  const gone = [...step.gone.keys()];
  const freshRows = sum([...step.fresh.values()].map(({ rows }) => rows));
  const goneRows = sum([...step.gone.values()].map(({ rows }) => rows));
  const masked = sum(
    [...step.masked.values()].map(({ before, after }) =>
      after.rows === undefined || before.rows === undefined
        ? undefined
        : Math.max(0, before.rows - after.rows),
    ),
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

/** @param files those of the version that the step led to */
function stepped(state: State, step: Step, files: Files, commit: Commit): State {
  const untouched: Group[] = [];
  const touched: Group[] = [];
  const changed = [...step.gone.keys(), ...step.masked.keys()];
  for (const group of state.groups) {
    (changed.some((path) => group.paths.has(path)) ? touched : untouched).push(group);
  }
  if (touched.length === 0) return state;
  const change = changeOf(step, commit);
  const isRewrite = rewrites.test(commit.operation ?? '');
  const held = touched.reduce((all, group) => plus(all, group.held), nothing);
  const paths = new Set(
    touched.flatMap((group) => [...group.paths]).filter((path) => files.has(path)),
  );
  if (isRewrite || change.copied.atMost !== 0) for (const path of change.fresh) paths.add(path);
  if (paths.size === 0) return { ...state, groups: untouched };
  const group: Group = { paths, held: isRewrite ? held : lessened(held, change, paths, files) };
  return { ...state, groups: [...untouched, group] };
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
async function commitsByVersion(
  history: DeltaTable['history'],
  options: CallOptions,
): Promise<ReadonlyMap<number, Commit>> {
  const commits = new Map<number, Commit>();
  try {
    for await (const commit of history.commits(options)) commits.set(commit.version, commit);
  } catch (error) {
    if (!isLineageError(error)) throw error;
  }
  return commits;
}
