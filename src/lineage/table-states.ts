import { isLineageError, type LineageError } from '../base/errors.ts';
import { mapParallel } from '../base/parallel.ts';
import type { DeltaTable, DeltaTables } from '../delta/delta-table.ts';
import type { DataFileIdentity } from '../delta/snapshot.ts';
import { digestOf, summarize } from '../delta/snapshot-summary.ts';
import { metadataAt, spansAt, type Timeline } from '../delta/table-timeline.ts';
import { isSnapshot } from '../delta/version-facts.ts';
import { type CallOptions, type FoundTable, findTable, openTable } from './find-table.ts';
import { type Fates, fatesOf, type StoredFiles } from './forecast.ts';
import { type Readability, snapshotReadability, versionReadability } from './readability.ts';
import {
  contentsFrom,
  contentsOf,
  type VersionContents,
  versionsBefore,
} from './version-contents.ts';

/** A version of a table as it stands now. */
export interface FoundVersion {
  readonly committedAt?: number;
  readonly operation?: string;
  readonly digest?: string;
  readonly readability?: Readability;
  /** Why the version can't be looked at, or not wholly. */
  readonly failure?: LineageError;
}

/** What many records say of the same tables, looked up once: each log is read once and each folder listed once, whatever is asked. */
export interface TableStates {
  /** Says beforehand which versions will be asked about. Others can be asked about too, at the price of another reading. */
  expect(places: readonly string[], version: number): void;
  /** Says beforehand that the versions from before a moment will be held against what a run recorded. */
  expectBefore(places: readonly string[], instant: number): void;
  /**
   * The table that some record means; see `findTable`. A table that took another id with a later version is the same up to that.
   *
   * @param version the one that the record is about
   */
  find(
    places: readonly string[],
    id: string | undefined,
    version?: number,
  ): Promise<FoundTable | { readonly failure: LineageError }>;
  version(table: DeltaTable, version: number): Promise<FoundVersion>;
  /** What versions hold, of those that can still be rebuilt. @param withFiles with the paths of their files */
  contents(
    table: DeltaTable,
    versions: readonly number[],
    withFiles?: boolean,
  ): Promise<ReadonlyMap<number, VersionContents>>;
  /** The version that was the latest at a moment (epoch milliseconds); undefined where the log does not tell. */
  latestAt(table: DeltaTable, instant: number): Promise<number | undefined>;
  /** The tables that versions were announced of. */
  announced(): readonly DeltaTable[];
  /** All that is known of a table's log and storage; undefined where its engine does not show them. */
  examine(table: DeltaTable): Promise<Examined | undefined>;
}

export interface Examined {
  readonly timeline: Timeline;
  readonly stored: StoredFiles;
  readonly fates: Fates;
}

export function tableStates(
  tables: DeltaTables,
  { now, ...options }: CallOptions & { readonly now: number },
): TableStates {
  const announced = new Map<string, DeltaTable>();
  const expected = new Map<string, Set<number>>();
  const moments = new Map<string, Set<number>>();
  const commitsOf = new Map<string, Timeline['commits']>();
  const examined = new Map<string, Promise<Examined | undefined>>();
  const latest = new Map<string, ReturnType<typeof latestOf>>();
  const finds = new Map<string, ReturnType<TableStates['find']>>();
  const versions = new Map<string, Promise<FoundVersion>>();
  const opened = new Map<string, ReturnType<typeof openTable>>();
  const open = (place: string) => {
    const found = opened.get(place) ?? openTable(place, tables);
    opened.set(place, found);
    return found;
  };

  const examine = (table: DeltaTable): Promise<Examined | undefined> => {
    const asked = examined.get(table.location) ?? read(table);
    examined.set(table.location, asked);
    return asked;
  };
  const read = async (table: DeltaTable): Promise<Examined | undefined> => {
    const { timelines, location } = table;
    if (timelines === undefined) return;
    const asked = expected.get(location) ?? new Set();
    expected.set(location, asked);
    const add = (commits: Timeline['commits']) => {
      const before = versionsBefore(commits, moments.get(location) ?? []);
      const missing = before.filter((version) => !asked.has(version));
      for (const version of missing) asked.add(version);
      return missing.length > 0;
    };
    // Which versions were there before a moment, only a reading of the log can tell.
    add(commitsOf.get(location) ?? []);
    let timeline = await timelines.read([...asked], options);
    if (add(timeline.commits)) timeline = await timelines.read([...asked], options);
    commitsOf.set(location, timeline.commits);
    const wanted = [...asked];
    const stored = await timelines.stored(locationsAt(timeline, wanted), options);
    return { timeline, stored, fates: fatesOf(timeline, stored) };
  };
  const latestOf = async (table: DeltaTable) => {
    const found = await examine(table);
    if (found === undefined) {
      const { version } = await table.history.resolve({ kind: 'latest' }, options);
      return await table.facts.at(version, options);
    }
    const { timeline } = found;
    const version = timeline.latestVersion;
    return { version, tableId: metadataAt(timeline, version)?.tableId ?? '' };
  };

  const announce = ({ location }: DeltaTable, version: number) => {
    const known = expected.get(location) ?? new Set();
    if (known.has(version)) return;
    expected.set(location, known.add(version));
    examined.delete(location);
  };

  const find = async (...[places, id, version]: Parameters<TableStates['find']>) => {
    const known = (table: DeltaTable) => {
      const asked = latest.get(table.location) ?? latestOf(table);
      latest.set(table.location, asked);
      return asked;
    };
    const found = await findTable(places, id, tables, { ...options, latestOf: known });
    if ('failure' in found || found.isSame || version === undefined) return found;
    try {
      const idThen = await idAt(found.table, version);
      return { ...found, isSame: idThen !== undefined && idThen === id };
    } catch (error) {
      // What does not answer is not another table.
      if (isLineageError(error)) return { failure: error };
      throw error;
    }
  };
  const idAt = async (table: DeltaTable, version: number): Promise<string | undefined> => {
    const timeline = (await examine(table))?.timeline;
    if (timeline !== undefined) return metadataAt(timeline, version)?.tableId;
    try {
      return (await table.facts.at(version, options)).tableId;
    } catch (error) {
      const isNone =
        isLineageError(error, 'VERSION_TOO_OLD') || isLineageError(error, 'VERSION_TOO_NEW');
      if (!isNone) throw error;
      return;
    }
  };

  const states: TableStates = {
    examine,
    expect(places, version) {
      for (const place of places) {
        const { table } = open(place);
        if (table === undefined) continue;
        announced.set(table.location, table);
        announce(table, version);
      }
    },
    expectBefore(places, instant) {
      for (const place of places) {
        const { table } = open(place);
        if (table?.timelines === undefined) continue;
        announced.set(table.location, table);
        const known = moments.get(table.location) ?? new Set();
        if (known.has(instant)) continue;
        moments.set(table.location, known.add(instant));
        examined.delete(table.location);
      }
    },
    announced: () => [...announced.values()],

    find(places, id, version) {
      const key = JSON.stringify([places, id, version]);
      const asked = finds.get(key) ?? find(places, id, version);
      finds.set(key, asked);
      return asked;
    },

    version(table, version) {
      const key = `${version} ${table.location}`;
      const asked = versions.get(key) ?? look(table, version);
      versions.set(key, asked);
      return asked;
    },

    async contents(table, versions, withFiles = false) {
      if (table.timelines === undefined) {
        return await contentsOf(table, versions, withFiles, options);
      }
      for (const version of versions) announce(table, version);
      try {
        const found = await examine(table);
        if (found === undefined) throw new TypeError('the table has timelines');
        return await contentsFrom(found.timeline, versions, withFiles);
      } catch (error) {
        if (!isLineageError(error)) throw error;
        return new Map();
      }
    },

    async latestAt(table, instant) {
      try {
        const found = await examine(table);
        if (found !== undefined) {
          return found.timeline.commits.findLast(({ committedAt }) => committedAt <= instant)
            ?.version;
        }
        return (await table.history.resolve({ kind: 'instant', instant }, options)).version;
      } catch (error) {
        if (!isLineageError(error)) throw error;
        return;
      }
    },
  };

  const look = async (table: DeltaTable, version: number): Promise<FoundVersion> => {
    if (table.timelines === undefined) return await lookAtSnapshot(table, version, now, options);
    announce(table, version);
    const found = await examine(table);
    if (found === undefined) throw new TypeError('the table has timelines');
    return await lookAtTimeline(found, version, now);
  };
  return states;
}

/** Where everything lies that some of the versions, or any that follow, need. */
function locationsAt(timeline: Timeline, versions: readonly number[]): readonly string[] {
  const oldest = versions
    .filter((version) => !timeline.failures.has(version))
    .reduce((least, version) => Math.min(least, version), Number.POSITIVE_INFINITY);
  const places = new Set<string>();
  for (const { location, vector, to } of timeline.spans) {
    if (to !== undefined && to <= oldest) continue;
    if (location !== undefined) places.add(location);
    if (vector !== undefined) places.add(vector.location);
  }
  return [...places];
}

async function lookAtTimeline(
  { timeline, stored, fates }: Examined,
  version: number,
  now: number,
): Promise<FoundVersion> {
  const commit = timeline.commits.find((one) => one.version === version);
  const readability = versionReadability(timeline, stored, fates, version, now);
  const failure = timeline.failures.get(version);
  if (failure !== undefined) {
    return { ...(commit && { committedAt: commit.committedAt }), readability, failure };
  }
  let known: FoundVersion = { ...(commit && { committedAt: commit.committedAt }) };
  try {
    const operation = await timeline.operation(version);
    known = { ...known, ...(operation !== undefined && { operation }) };
    const metadata = metadataAt(timeline, version);
    if (metadata === undefined) throw new TypeError('every version has metadata');
    const lines = spansAt(timeline, version).map(({ line }) => line);
    const digest = digestOf({ ...metadata, schema: metadata.schema() }, lines);
    return { ...known, digest, readability };
  } catch (error) {
    if (!isLineageError(error)) throw error;
    return { ...known, failure: error };
  }
}

async function lookAtSnapshot(
  table: DeltaTable,
  version: number,
  now: number,
  options: CallOptions,
): Promise<FoundVersion> {
  let known: FoundVersion = {};
  try {
    known = await table.history.resolve({ kind: 'version', version }, options);
    const { version: latest } = await table.history.resolve({ kind: 'latest' }, options);
    const snapshot = await table.facts.at(version, options);
    if (!isSnapshot(snapshot)) return { ...known, readability: plannedByWarehouse };
    const files: DataFileIdentity[] = [];
    const onFiles = (batch: readonly DataFileIdentity[]) => void files.push(...batch);
    const { digest } = await summarize(snapshot, { onFiles, ...options });
    known = { ...known, digest };
    const ageMs = known.committedAt === undefined ? undefined : now - known.committedAt;
    const at = { isLatest: version === latest, ageMs };
    return {
      ...known,
      readability: await snapshotReadability(table, snapshot, files, at, options),
    };
  } catch (error) {
    if (!isLineageError(error)) throw error;
    return { ...known, failure: error };
  }
}

const plannedByWarehouse: Readability = {
  state: 'unknown',
  reason:
    'the warehouse has the version and does not refuse it; whether all of its files are there shows only when every row is read',
};

/** Looks at every table that versions were announced of, several at a time. What fails is told to who asks about it. */
export async function examineAll(states: TableStates, atOnce = 8): Promise<void> {
  await mapParallel(states.announced(), atOnce, async (table) => {
    await states.examine(table).catch((error: unknown) => {
      if (!isLineageError(error)) throw error;
    });
  });
}
