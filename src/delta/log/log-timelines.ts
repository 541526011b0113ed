import { type LogListing, latestVersion, listLog, logSegment, openSnapshot } from 'deltalake-js';
import { isLineageError, LineageError } from '../../base/errors.ts';
import { mapParallel } from '../../base/parallel.ts';
import { liveRows } from '../file-stats.ts';
import type { CallOptions } from '../snapshot.ts';
import { digestOf, identityLine, summarize } from '../snapshot-summary.ts';
import {
  type FileSpan,
  metadataAt,
  spansAt,
  type Timeline,
  type TimelineMetadata,
  type Timelines,
} from '../table-timeline.ts';
import type { CheckpointRemoves } from './checkpoint-removes.ts';
import {
  type CommitActions,
  type FileAdded,
  type FileRemoved,
  fileKey,
  type MetadataSet,
  parseCommit,
} from './commit-actions.ts';
import { commitTimes } from './commit-times.ts';
import { withFailures } from './failures.ts';
import { type Guard, guardedStore } from './guarded-store.ts';
import { holdsClone, snapshotOf } from './log-snapshots.ts';
import type { TableStore } from './table-store.ts';
import { tombstonesIn } from './tombstones.ts';
import { vectorFile } from './vector-file.ts';
import { parseSchema } from './wire-schema.ts';

/** How many commits are read ahead of their turn. */
const window = 256;

/** Below this many, files are asked for one by one. */
const fewFiles = 256;

/** Timelines of a table from its log: each commit is read once, in order, from the oldest version asked about to the latest. */
export function logTimelines(
  store: TableStore,
  table: string,
  checkpointRemoves: CheckpointRemoves,
): Timelines {
  return {
    read: (versions, options = {}) =>
      withFailures(store, table, () => readTimeline(store, table, versions, options)),

    async stored(locations, options = {}) {
      const wanted = [...new Set(locations)];
      const found = new Map<string, { sizeBytes: number; modifiedAt: number }>();
      const inside = wanted.filter((location) => store.locate(location)?.isInside);
      const isListed = inside.length >= fewFiles;
      if (isListed) {
        const listed = new Map<string, { sizeBytes: number; modifiedAt: number }>();
        for (const { path, isFolder, sizeBytes, modifiedAt } of await store.entries(options)) {
          const location = isFolder ? undefined : store.locate(path)?.location;
          if (location !== undefined) listed.set(location, { sizeBytes, modifiedAt });
        }
        for (const location of inside) {
          const stat = listed.get(location);
          if (stat !== undefined) found.set(location, stat);
        }
      }
      const single = isListed
        ? wanted.filter((location) => !store.locate(location)?.isInside)
        : wanted;
      await mapParallel(
        single,
        64,
        async (location) => {
          const stat = await store.stat(location, options);
          if (stat !== undefined) found.set(location, stat);
        },
        options,
      );
      return found;
    },

    entries: (options) => store.entries(options),

    tombstones: (options = {}) =>
      withFailures(store, table, () => tombstonesIn(store, table, checkpointRemoves, options)),
  };
}

/** A file that some version of the replay has. */
interface OpenSpan {
  readonly add: FileAdded;
  readonly from: number;
}

async function readTimeline(
  store: TableStore,
  table: string,
  versions: readonly number[],
  options: CallOptions,
): Promise<Timeline> {
  const listing = await timedListing(store, options);
  const latest = latestVersion(listing) ?? logSegment(listing).version;
  const failures = new Map<number, LineageError>();
  /** By the version of the checkpoint that they are built from; -1: from none. */
  const askedFrom = new Map<number, number[]>();
  for (const version of new Set([...versions, latest])) {
    try {
      const { checkpoint } = await withFailures(store, table, async () =>
        logSegment(listing, version),
      );
      const from = checkpoint?.version ?? -1;
      askedFrom.set(from, [...(askedFrom.get(from) ?? []), version]);
    } catch (error) {
      if (!isLineageError(error) || version === latest) throw error;
      failures.set(version, error);
    }
  }
  const guard = guardedStore(store, table, () => holdsClone(store, table, latest));
  const bases = new Set([...askedFrom.keys()].filter((version) => version >= 0));
  const replay = new Replay(store, table, listing, guard, options);
  const { damaged, ...replayed } = await replay.run(
    Math.min(...askedFrom.keys()),
    latest,
    (version) => bases.has(version),
  );
  for (const [base, error] of damaged) {
    const asked = askedFrom.get(base) ?? [];
    if (asked.includes(latest)) throw error;
    for (const version of asked) failures.set(version, error);
  }
  const timeline: Timeline = {
    ...replayed,
    ...(await commitsOf(store, table, listing, latest, options)),
    failures,
  };
  await checkReplay(timeline, latest, store, listing, guard, options);
  return timeline;
}

/** The whole log, with the time of every file in it. */
async function timedListing(store: TableStore, options: CallOptions): Promise<LogListing> {
  const listing = await listLog(store, { whole: true, ...options });
  const timeOf = async (path: string, known: number | undefined) =>
    known ?? (await store.stat(path, options))?.modifiedAt ?? 0;
  const commits = await mapParallel(
    listing.commits,
    64,
    async (commit) => ({ ...commit, modifiedAt: await timeOf(commit.path, commit.modifiedAt) }),
    options,
  );
  const checkpoints = await mapParallel(
    listing.checkpoints,
    16,
    async (checkpoint) => ({
      ...checkpoint,
      files: await Promise.all(
        checkpoint.files.map(async (file) => ({
          ...file,
          modifiedAt: await timeOf(file.path, file.modifiedAt),
        })),
      ),
    }),
    options,
  );
  return { ...listing, commits, checkpoints };
}

async function commitsOf(
  store: TableStore,
  table: string,
  listing: LogListing,
  latest: number,
  options: CallOptions,
): Promise<Pick<Timeline, 'commits' | 'operation'>> {
  let enabledSince = Number.POSITIVE_INFINITY;
  const times = await commitTimes(
    store,
    table,
    listing,
    async () => {
      const { properties } = await openSnapshot(store, { listing, version: latest, ...options });
      enabledSince = Number(properties['delta.inCommitTimestampEnablementVersion'] ?? 0);
      return enabledSince;
    },
    options.signal,
  );
  const commits = await mapParallel(
    listing.commits,
    64,
    async ({ version, modifiedAt = 0 }) => ({
      version,
      committedAt: (await times.at(version)) ?? modifiedAt,
      fileTime: modifiedAt,
      hasOwnTime: version >= enabledSince,
    }),
    options,
  );
  return {
    commits,
    operation: (version) =>
      withFailures(store, table, async () => (await times.info(version))?.columns.operation),
  };
}

/** Compares the replay at one version with what the Delta kernel makes of it. */
async function checkReplay(
  timeline: Timeline,
  version: number,
  store: TableStore,
  listing: LogListing,
  guard: Guard,
  options: CallOptions,
): Promise<void> {
  const { table } = timeline;
  await withFailures(store, table, async () => {
    const opened = await openSnapshot(guard.store, { version, listing, ...options });
    const { digest } = await summarize(snapshotOf(opened, store, table, guard), options);
    const metadata = metadataAt(timeline, version);
    const lines = spansAt(timeline, version).map(({ line }) => line);
    if (
      metadata !== undefined &&
      digest === digestOf({ ...metadata, schema: metadata.schema() }, lines)
    )
      return;
    throw new LineageError('LOG_DAMAGED', {
      table,
      file: '_delta_log',
      problem: `read in two ways it gives two lists of files for version ${version}.`,
    });
  });
}

class Replay {
  readonly #store: TableStore;
  readonly #table: string;
  readonly #listing: LogListing;
  readonly #guard: Guard;
  readonly #options: CallOptions;
  readonly #open = new Map<string, OpenSpan>();
  readonly #spans: FileSpan[] = [];
  readonly #metadata: TimelineMetadata[] = [];
  readonly #restores: Timeline['restores'][number][] = [];

  constructor(
    store: TableStore,
    table: string,
    listing: LogListing,
    guard: Guard,
    options: CallOptions,
  ) {
    this.#store = store;
    this.#table = table;
    this.#listing = listing;
    this.#guard = guard;
    this.#options = options;
  }

  /**
   * From a checkpoint, or from the first commit (-1), to the latest version. A checkpoint that versions are built from has the last word
   * about its version, as it has for every engine.
   */
  async run(
    base: number,
    latest: number,
    isBase: (version: number) => boolean,
  ): Promise<
    Omit<Timeline, 'commits' | 'operation' | 'failures'> & {
      readonly damaged: ReadonlyMap<number, LineageError>;
    }
  > {
    const paths = new Map(this.#listing.commits.map(({ version, path }) => [version, path]));
    const damaged = new Map<number, LineageError>();
    const takeBase = async (checkpoint: number) => {
      try {
        await this.#takeCheckpoint(checkpoint);
      } catch (error) {
        if (!isLineageError(error)) throw error;
        damaged.set(checkpoint, error);
      }
    };
    let version = base;
    if (base >= 0) await takeBase(base);
    while (version < latest) {
      const run: { version: number; path: string }[] = [];
      while (run.length < window) {
        const next = version + run.length + 1;
        const path = paths.get(next);
        if (path === undefined) break;
        run.push({ version: next, path });
      }
      if (run.length === 0) {
        // Commits are missing; what was before the gap is closed by the next checkpoint.
        const after = version;
        const next = this.#listing.checkpoints.find((checkpoint) => checkpoint.version > after);
        if (next === undefined) throw new TypeError('the latest version has a segment');
        version = next.version;
        await this.#takeCheckpoint(version);
        continue;
      }
      const read = await mapParallel(
        run,
        64,
        async ({ path }) =>
          parseCommit(await this.#store.read(path, this.#options), this.#table, path),
        this.#options,
      );
      for (const [index, actions] of read.entries()) {
        const applied = version + index + 1;
        await this.#apply(applied, actions);
        if (isBase(applied)) await takeBase(applied);
      }
      version += run.length;
    }
    for (const { add, from } of this.#open.values()) this.#spans.push(await this.#span(add, from));
    return {
      table: this.#table,
      damaged,
      latestVersion: latest,
      metadata: this.#metadata,
      restores: this.#restores,
      checkpoints: this.#listing.checkpoints.map(({ version: of, files }) => ({
        version: of,
        writtenAt: Math.max(...files.map(({ modifiedAt = 0 }) => modifiedAt)),
      })),
      spans: this.#spans.sort((a, b) => (a.line < b.line ? -1 : a.line > b.line ? 1 : 0)),
    };
  }

  async #apply(version: number, { files, metadata, restored }: CommitActions): Promise<void> {
    if (restored !== undefined) this.#restores.push({ version, ...restored });
    if (metadata !== undefined) this.#setMetadata(version, metadata);
    for (const action of files) {
      if (action.type === 'remove') await this.#close(version, action.remove);
      else {
        // The same file again, with other statistics or tags: the later action counts.
        const key = fileKey(action.add);
        const earlier = this.#open.get(key);
        const isSame =
          earlier !== undefined && identityLine(earlier.add) === identityLine(action.add);
        if (earlier !== undefined && !isSame) await this.#close(version, action.add);
        if (!isSame) this.#open.set(key, { add: action.add, from: version });
      }
    }
  }

  async #close(version: number, remove: FileRemoved | FileAdded): Promise<void> {
    const key = fileKey(remove);
    const span = this.#open.get(key);
    if (span === undefined) return;
    this.#open.delete(key);
    const removedAt = 'removedAt' in remove ? remove.removedAt : undefined;
    if (span.from < version) {
      this.#spans.push({
        ...(await this.#span(span.add, span.from)),
        to: version,
        ...(removedAt !== undefined && { removedAt }),
      });
    }
  }

  /** Takes the files of a version from its checkpoint: what was there before and is not in it was removed, nobody knows when. */
  async #takeCheckpoint(version: number): Promise<void> {
    await withFailures(this.#store, this.#table, async () => {
      const opened = await openSnapshot(this.#guard.store, {
        version,
        listing: this.#listing,
        ...this.#options,
      });
      const { tableId, schemaString, partitionColumns, properties } = opened;
      this.#setMetadata(version, { tableId, schemaString, partitionColumns, properties });
      const found = new Map<string, FileAdded>();
      for await (const batch of opened.files(this.#options)) {
        for (const {
          path,
          sizeBytes,
          modifiedAt,
          partitionValues,
          stats,
          deletionVector,
        } of batch) {
          const add: FileAdded = {
            path,
            sizeBytes,
            modifiedAt,
            partitionValues,
            ...(stats !== undefined && { stats }),
            ...(deletionVector && { deletionVector }),
          };
          found.set(fileKey(add), add);
        }
      }
      for (const [key, { add }] of [...this.#open]) {
        if (!found.has(key)) await this.#close(version, add);
      }
      for (const [key, add] of found) {
        if (!this.#open.has(key)) this.#open.set(key, { add, from: version });
      }
    });
  }

  #setMetadata(from: number, { schemaString, ...others }: MetadataSet): void {
    const table = this.#table;
    this.#metadata.push({ from, ...others, schema: () => parseSchema(table, schemaString) });
  }

  async #span(add: FileAdded, from: number): Promise<FileSpan> {
    const { stats, ...file } = add;
    const rows = liveRows(add);
    const place = await this.#locate(file.path);
    const vector = file.deletionVector && vectorFile(file.deletionVector);
    const vectorPlace = vector && (await this.#locate(encodedPath(vector.path)));
    return {
      file,
      location: vector !== undefined && vectorPlace === undefined ? undefined : place?.location,
      isForeign: place?.isInside === false || vectorPlace?.isInside === false,
      ...(vector &&
        vectorPlace && { vector: { location: vectorPlace.location, endsAt: vector.endsAt } }),
      ...(rows !== undefined && { rows }),
      line: identityLine(file),
      from,
    };
  }

  async #locate(path: string) {
    try {
      const location = await this.#guard.locate(path);
      return { location, isInside: this.#store.locate(location)?.isInside ?? false };
    } catch (error) {
      if (isLineageError(error, 'PATH_OUTSIDE_TABLE') || isLineageError(error, 'LOG_DAMAGED'))
        return;
      throw error;
    }
  }
}

/** As the log writes paths; a name of ours holds nothing to encode, one of another writer may. */
function encodedPath(path: string): string {
  return /^[a-z][a-z0-9+.-]+:/i.test(path) ? path : path.replaceAll('%', '%25');
}
