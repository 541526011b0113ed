import {
  deletedFileRetention,
  deltaRsFileRetention,
  deltaRsLogRetention,
  logRetention,
} from '../delta/retention.ts';
import {
  metadataAt,
  spansAt,
  type Timeline,
  type TimelineCommit,
} from '../delta/table-timeline.ts';

/** What can make a version worse to have, and from when on. */
export interface Change {
  readonly to: 'refused' | 'files-lost' | 'log-lost';
  /** Epoch milliseconds, UTC: not before. In the past: it can happen any moment. */
  readonly at: number;
  /** Who does it. */
  readonly by: string;
  readonly setting: 'delta.deletedFileRetentionDuration' | 'delta.logRetentionDuration';
  /** Of that setting; its default in brackets. */
  readonly value: string;
}

export interface Forecast {
  /** By time. */
  readonly changes: readonly Change[];
  /** Why some change can't be foreseen; absent: all are. */
  readonly unforeseen?: string;
}

/** Until when VACUUM spares each file, by its location: for ever while the latest version has it. */
export type Fates = ReadonlyMap<string, number>;

/** Sizes and times of files that are there, by location. */
export type StoredFiles = ReadonlyMap<
  string,
  { readonly sizeBytes: number; readonly modifiedAt: number }
>;

const dayMs = 86_400_000;

/** The last moment that a date can tell; what comes later never comes. */
const lastMoment = 8.64e15;

/**
 * How long VACUUM with the table's own settings spares each file that the timeline knows, whoever runs it.
 *
 * A removed file is spared for `delta.deletedFileRetentionDuration` after its `remove`, as long as the table's state remembers that: a
 * checkpoint forgets what had expired when it was written. From then on the file's own time counts. Source: Delta Lake 4.4,
 * `VacuumCommand` and `InMemoryLogReplay`; delta-rs 1.6, `vacuum.rs`.
 */
export function fatesOf(timeline: Timeline, stored: StoredFiles): Fates {
  const retention = sparedMs(timeline);
  const checkpoint = timeline.checkpoints.findLast(
    ({ version }) => version <= timeline.latestVersion,
  );
  const forgottenBefore =
    checkpoint === undefined
      ? Number.NEGATIVE_INFINITY
      : checkpoint.writtenAt - sparedMs(timeline, checkpoint.version);
  const fates = new Map<string, number>();
  for (const { location, vector, to, removedAt = 0 } of timeline.spans) {
    const isForgotten =
      to !== undefined && to <= (checkpoint?.version ?? -1) && removedAt <= forgottenBefore;
    for (const place of [location, vector?.location]) {
      if (place === undefined) continue;
      const since = isForgotten ? (stored.get(place)?.modifiedAt ?? 0) : removedAt;
      const spared = to === undefined ? Number.POSITIVE_INFINITY : since + retention;
      fates.set(place, Math.max(spared, fates.get(place) ?? Number.NEGATIVE_INFINITY));
    }
  }
  return fates;
}

/**
 * When a version can get lost, or refused, if VACUUM and log cleanup run with the table's own settings and as the table stands: what
 * only a new commit would set off is not in it.
 */
export function forecast(timeline: Timeline, fates: Fates, version: number): Forecast {
  const { latestVersion } = timeline;
  if (version === latestVersion) return withForeign(timeline, version, []);
  const { properties = {} } = metadataAt(timeline, latestVersion) ?? {};
  const fileRetention = deletedFileRetention(properties);
  const logKept = logRetention(properties);
  const rsFileRetention = deltaRsFileRetention(properties);
  const rsLogKept = deltaRsLogRetention(properties);
  const files = {
    setting: 'delta.deletedFileRetentionDuration',
    value: properties['delta.deletedFileRetentionDuration'] ?? '(interval 1 week)',
  } as const;
  const log = {
    setting: 'delta.logRetentionDuration',
    value: properties['delta.logRetentionDuration'] ?? '(interval 30 days)',
  } as const;
  if (fileRetention === undefined || logKept === undefined) {
    const { setting, value } = fileRetention === undefined ? files : log;
    return { changes: [], unforeseen: `${setting} is '${value}', no interval of fixed length` };
  }

  const changes: Change[] = [];
  const refused = sparkTimeOf(timeline, version);
  if (refused !== undefined) {
    const by = 'Spark with Delta 4.1 and later';
    changes.push({ to: 'refused', at: refused + fileRetention + 1, by, ...files });
  }
  const spared = spansAt(timeline, version)
    .flatMap(({ location, vector }) => [location, vector?.location])
    .reduce(
      (least, place) =>
        Math.min(least, (place === undefined ? undefined : fates.get(place)) ?? least),
      Number.POSITIVE_INFINITY,
    );
  if (Number.isFinite(spared)) {
    const isSooner = rsFileRetention < fileRetention;
    const by = isSooner ? 'VACUUM of delta-rs' : 'VACUUM';
    const value = isSooner ? asDeltaRsReads(files.value, rsFileRetention) : files.value;
    changes.push({ to: 'files-lost', at: spared, by, ...files, value });
  }
  const cleaned = logCleanups(timeline, version);
  if (cleaned !== undefined) {
    const at = cleaned.bySpark + logKept;
    changes.push({ to: 'log-lost', at, by: 'log cleanup of Spark', ...log });
    const value = rsLogKept === logKept ? log.value : asDeltaRsReads(log.value, rsLogKept);
    const rsAt = cleaned.byDeltaRs + rsLogKept;
    changes.push({ to: 'log-lost', at: rsAt, by: 'log cleanup of delta-rs', ...log, value });
  }
  return withForeign(timeline, version, changes);
}

/**
 * When Spark refuses to go back to a version: by its in-commit timestamp, else by the time of its commit file as it is.
 * Source: Delta Lake 4.4, `Snapshot.timestamp`.
 */
export function sparkTimeOf({ commits }: Timeline, version: number): number | undefined {
  const commit = commits.find((one) => one.version === version);
  return commit && (commit.hasOwnTime ? commit.committedAt : commit.fileTime);
}

export function retentionOf(
  timeline: Timeline,
  version = timeline.latestVersion,
): number | undefined {
  return deletedFileRetention(metadataAt(timeline, version)?.properties ?? {});
}

/** A setting that delta-rs takes otherwise than Spark does. */
function asDeltaRsReads(value: string, ms: number): string {
  return `${value} (${ms / 3_600_000} h for delta-rs)`;
}

/** The least that any engine's VACUUM spares a removed file. */
function sparedMs(timeline: Timeline, version = timeline.latestVersion): number {
  const { properties = {} } = metadataAt(timeline, version) ?? {};
  return Math.min(deletedFileRetention(properties) ?? 0, deltaRsFileRetention(properties));
}

/**
 * From when on the retention counts. A version is gone when what it is built from is deleted. Both engines delete up to a checkpoint only, as they write one.
 *
 *     … 10.checkpoint 10.json 11.json … 19.json | 20.checkpoint 20.json …
 *
 * Delta Lake 4.4 deletes the left part once 19.json is older than the retention at the midnight (UTC) before. delta-rs 1.6 does not wait
 * for midnight, but until all of the left part is older. Versions after the last checkpoint wait for one to come: the latest version at the
 * earliest. Source: `MetadataCleanup`, `BufferingLogDeletionIterator`; `cleanup_expired_logs_for`.
 */
function logCleanups(
  { commits, checkpoints, latestVersion }: Timeline,
  version: number,
): { readonly bySpark: number; readonly byDeltaRs: number } | undefined {
  const end = checkpoints.find((one) => one.version > version)?.version ?? latestVersion;
  const before = commits.filter((commit) => commit.version < end);
  const last: TimelineCommit | undefined = before.at(-1);
  if (last === undefined) return;
  const midnight = Math.ceil(last.fileTime / dayMs) * dayMs;
  const newest = Math.max(
    ...before.map(({ fileTime }) => fileTime),
    ...checkpoints.filter((one) => one.version < end).map(({ writtenAt }) => writtenAt),
  );
  return { bySpark: midnight, byDeltaRs: newest + 1 };
}

function withForeign(timeline: Timeline, version: number, changes: readonly Change[]): Forecast {
  const sorted = changes.filter(({ at }) => at <= lastMoment).sort((a, b) => a.at - b.at);
  const foreign = spansAt(timeline, version).filter(({ isForeign }) => isForeign).length;
  if (foreign === 0) return { changes: sorted };
  const unforeseen = `${foreign} of its files lie with another table, whose own VACUUM can take them any time`;
  return { changes: sorted, unforeseen };
}
