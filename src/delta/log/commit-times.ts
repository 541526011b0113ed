import type { LogListing, Store } from 'deltalake-js';
import { LineageError } from '../../base/errors.ts';
import { mapParallel } from '../../base/parallel.ts';
import { readCommitInfo } from './commit-file.ts';
import type { CommitInfo } from './wire-commit-info.ts';

/** Of either side, in milliseconds: the last that a date can tell. */
const lastMoment = 8.64e15;

export interface CommitTimes {
  /** Epoch milliseconds, UTC; undefined for a version whose commit is not in the log. */
  at(version: number): Promise<number | undefined>;
  /** The last version from `oldest` on that was committed at or before an instant. */
  lastAt(instant: number, oldest: number): Promise<number | undefined>;
  /** What the commit says of itself, read once. */
  info(version: number): Promise<CommitInfo | undefined>;
}

/**
 * When each commit happened, as Delta Lake 4.4 has it (`DeltaHistoryManager`): by the in-commit timestamp from the version on that
 * enabled it, before that by the file's time, raised by a millisecond wherever it does not grow.
 *
 * @param listing the whole log
 * @param enabledSince gives the first version with in-commit timestamps, as the latest metadata has it, or infinity where they are not
 *   enabled; asked only when the latest commit carries one
 * @throws LineageError LOG_DAMAGED when a commit lacks the in-commit timestamp it must have, or that is no date
 */
export async function commitTimes(
  store: Store,
  table: string,
  { commits }: LogListing,
  enabledSince: () => Promise<number>,
  signal: AbortSignal | undefined,
): Promise<CommitTimes> {
  const paths = new Map(commits.map(({ version, path }) => [version, path]));
  const infos = new Map<number, Promise<CommitInfo | undefined>>();
  const info = (version: number) => {
    const path = paths.get(version);
    if (path === undefined) return Promise.resolve(undefined);
    let reading = infos.get(version);
    if (reading === undefined) {
      reading = readCommitInfo(store, table, path, { signal });
      infos.set(version, reading);
    }
    return reading;
  };

  const newest = commits.at(-1);
  const hasOwnTimes =
    newest !== undefined && (await info(newest.version))?.inCommitTimestamp !== undefined;
  const since = hasOwnTimes ? await enabledSince() : Number.POSITIVE_INFINITY;
  const timed = commits.filter(({ version }) => version >= since);
  const untimed = commits.filter(({ version }) => version < since);
  const raw = await mapParallel(
    untimed,
    64,
    async ({ path, modifiedAt }) =>
      modifiedAt ?? (await store.stat(path, signal && { signal }))?.modifiedAt ?? 0,
    { signal },
  );
  const fileTimes = new Map(
    monotonic(raw).map((time, index) => [untimed[index]?.version ?? -1, time]),
  );

  const ownTime = async (version: number) => {
    const time = (await info(version))?.inCommitTimestamp;
    if (time !== undefined && Math.abs(time) <= lastMoment) return time;
    const file = paths.get(version) ?? String(version);
    const problem =
      time === undefined
        ? 'it has no inCommitTimestamp, though the table has them enabled.'
        : `its inCommitTimestamp ${time} is no date, in milliseconds.`;
    throw new LineageError('LOG_DAMAGED', { table, file, problem });
  };

  return {
    info,
    at: async (version) => {
      if (!paths.has(version)) return;
      return version >= since ? await ownTime(version) : fileTimes.get(version);
    },
    async lastAt(instant, oldest) {
      const candidates = timed.filter(({ version }) => version >= oldest);
      const own = await lastNotAfter(candidates, instant, ownTime);
      if (own !== undefined) return own;
      const from = untimed.findIndex(({ version }) => version >= oldest);
      if (from < 0) return;
      // Spark evens out the times anew from the oldest version that it searches.
      const times = monotonic(raw.slice(from));
      const index = times.findLastIndex((time) => time <= instant);
      return index < 0 ? undefined : untimed[from + index]?.version;
    },
  };
}

/** By bisection, since each time costs a read. */
async function lastNotAfter(
  commits: readonly { readonly version: number }[],
  instant: number,
  timeOf: (version: number) => Promise<number>,
): Promise<number | undefined> {
  let found: number | undefined;
  let [low, high] = [0, commits.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const version = commits[middle]?.version;
    if (version === undefined) break;
    if ((await timeOf(version)) <= instant) {
      found = version;
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return found;
}

function monotonic(times: readonly number[]): readonly number[] {
  let last = Number.NEGATIVE_INFINITY;
  return times.map((time) => {
    last = Math.max(time, last + 1);
    return last;
  });
}
