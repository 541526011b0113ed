import {
  earliestVersion,
  type LogListing,
  latestVersion,
  listLog,
  logSegment,
  openSnapshot,
  type Store,
} from 'deltalake-js';
import { LineageError } from '../../base/errors.ts';
import { mapParallel } from '../../base/parallel.ts';
import type { Commit, TableHistory, TableVersion } from '../table-history.ts';
import type { Moment } from '../table-ref.ts';
import { type CommitTimes, commitTimes } from './commit-times.ts';
import { withFailures } from './failures.ts';
import type { TableStore } from './table-store.ts';

/** How many commits are read at once, and ahead of who asks for them. */
const window = 64;

/** A table's history from its log. Each call lists the log anew. */
export function logHistory(store: TableStore, table: string, now: () => number): TableHistory {
  const guarded = <T>(work: () => Promise<T>) => withFailures(store, table, work);
  return {
    async *commits(options = {}) {
      const { listing, times } = await guarded(() => openLog(store, table, options.signal));
      const newestFirst = listing.commits.map(({ version }) => version).reverse();
      const wanted = newestFirst.slice(0, options.limit);
      for (let start = 0; start < wanted.length; start += window) {
        const versions = wanted.slice(start, start + window);
        const commits = await guarded(() =>
          mapParallel(versions, window, (version) => readCommit(times, version), options),
        );
        yield* commits.filter((commit) => commit !== undefined);
      }
    },

    resolve: (moment, { signal } = {}) =>
      guarded(async () => {
        const { listing, latest, times } = await openLog(store, table, signal);
        const version = await versionMeant(moment, listing, times, table, now);
        logSegment(listing, version);
        const [committedAt, info] = await Promise.all([times.at(version), times.info(version)]);
        const operation = info?.columns.operation;
        const found: TableVersion = {
          version,
          isLatest: version === latest,
          ...(committedAt !== undefined && { committedAt }),
          ...(operation !== undefined && { operation }),
        };
        return found;
      }),
  };
}

async function openLog(
  store: Store,
  table: string,
  signal: AbortSignal | undefined,
): Promise<{
  readonly listing: LogListing;
  readonly latest: number;
  readonly times: CommitTimes;
}> {
  const options = signal && { signal };
  const listing = await listLog(store, { whole: true, ...options });
  // Also says that there is no table where nothing is listed.
  const latest = latestVersion(listing) ?? logSegment(listing).version;
  const enabledSince = async () => {
    const { properties } = await openSnapshot(store, { listing, version: latest, ...options });
    if (properties['delta.enableInCommitTimestamps']?.toLowerCase() !== 'true') {
      return Number.POSITIVE_INFINITY;
    }
    const since = properties['delta.inCommitTimestampEnablementVersion'] ?? '0';
    if (/^\d+$/.test(since)) return Number(since);
    const problem = `delta.inCommitTimestampEnablementVersion '${since}' is no version.`;
    throw new LineageError('LOG_DAMAGED', { table, file: 'metaData', problem });
  };
  const times = await commitTimes(store, table, listing, enabledSince, signal);
  return { listing, latest, times };
}

async function readCommit(times: CommitTimes, version: number): Promise<Commit | undefined> {
  try {
    const [info, timestamp] = await Promise.all([times.info(version), times.at(version)]);
    if (timestamp === undefined) throw new TypeError(`no time for listed commit ${version}`);
    return { version, timestamp, ...info?.columns };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
}

async function versionMeant(
  moment: Moment,
  listing: LogListing,
  times: CommitTimes,
  table: string,
  now: () => number,
): Promise<number> {
  if (moment.kind === 'version') return moment.version;
  if (moment.kind === 'latest') return logSegment(listing).version;
  const iso = (time: number) => new Date(time).toISOString();
  if (moment.instant > now()) {
    throw new LineageError('MOMENT_IN_FUTURE', {
      table,
      moment: iso(moment.instant),
      now: iso(now()),
    });
  }
  const oldest = earliestVersion(listing) ?? 0;
  const found = await times.lastAt(moment.instant, oldest);
  if (found !== undefined) return found;
  const first = listing.commits.find(({ version }) => version >= oldest)?.version ?? oldest;
  throw new LineageError('MOMENT_TOO_EARLY', {
    table,
    moment: iso(moment.instant),
    oldest: iso((await times.at(first)) ?? 0),
    oldestVersion: first,
  });
}
