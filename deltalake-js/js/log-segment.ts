import { DeltaLogError } from './errors.ts';
import type { CheckpointFile, CommitFile, LogListing } from './log-listing.ts';

/** The files of the log that make a version. */
export interface LogSegment {
  readonly version: number;
  readonly checkpoint: CheckpointFile | undefined;
  /** The commits after the checkpoint, or from 0 on, without a gap. */
  readonly commits: readonly CommitFile[];
}

/**
 * The newest complete checkpoint at or before a version, and the commits after it.
 *
 * @param version the latest, if undefined
 * @throws DeltaLogError TABLE_NOT_FOUND when there is neither a commit nor a checkpoint
 * @throws DeltaLogError VERSION_NOT_FOUND when the version is past the last, or older than what can
 *   be rebuilt
 * @throws DeltaLogError LOG_GAP when commits are missing in between
 * @throws DeltaLogError CHECKPOINT_INCOMPLETE when it would have to start at a checkpoint that
 *   lacks parts
 */
export function logSegment(listing: LogListing, version?: number): LogSegment {
  if (version !== undefined) checkVersion(version);
  const latest = latestVersion(listing);
  if (latest === undefined) throw new DeltaLogError('TABLE_NOT_FOUND', {});
  const target = version ?? latest;
  if (target > latest) throw notFound(listing, target, latest);
  const checkpoint = listing.checkpoints.findLast((file) => file.version <= target);
  const start = checkpoint ? checkpoint.version + 1 : 0;
  const commits = between(listing.commits, start, target);
  if (commits.length === target - start + 1) return { version: target, checkpoint, commits };
  throw whyNot(listing, { target, start, latest, commits });
}

/** @throws TypeError for what can't be a version */
export function checkVersion(version: number): void {
  if (Number.isSafeInteger(version) && version >= 0) return;
  throw new TypeError(`A version is a whole number from 0 on, not ${version}.`);
}

/** The oldest version that can be rebuilt: 0 if its commit is there, else the oldest checkpoint's. */
export function earliestVersion({ commits, checkpoints }: LogListing): number | undefined {
  if (commits[0]?.version === 0) return 0;
  return checkpoints[0]?.version;
}

/** The newest version of the log; undefined for no log. */
export function latestVersion({ commits, checkpoints }: LogListing): number | undefined {
  const commit = commits.at(-1)?.version;
  const checkpoint = checkpoints.at(-1)?.version;
  if (commit === undefined || checkpoint === undefined) return commit ?? checkpoint;
  return Math.max(commit, checkpoint);
}

function between(commits: readonly CommitFile[], first: number, last: number) {
  return commits.slice(placeOf(commits, first), placeOf(commits, last + 1));
}

/** Where the commits from a version on begin. A listing has them ascending; of many, many versions are asked for. */
function placeOf(commits: readonly CommitFile[], version: number): number {
  let [low, high] = [0, commits.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((commits[middle]?.version ?? 0) < version) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Attempt {
  readonly target: number;
  readonly start: number;
  readonly latest: number;
  readonly commits: readonly CommitFile[];
}

function whyNot(listing: LogListing, { target, start, latest, commits }: Attempt): DeltaLogError {
  const incomplete = listing.incompleteCheckpoints.findLast(
    (checkpoint) => checkpoint.version >= start && checkpoint.version <= target,
  );
  if (incomplete) return new DeltaLogError('CHECKPOINT_INCOMPLETE', incomplete);
  const earliest = earliestVersion(listing);
  if (earliest !== undefined && target < earliest) return notFound(listing, target, latest);
  const versions = new Set(commits.map((commit) => commit.version));
  let first = start;
  while (versions.has(first)) first += 1;
  const next = commits.find((commit) => commit.version > first)?.version ?? target + 1;
  return new DeltaLogError('LOG_GAP', { first, last: next - 1 });
}

function notFound(listing: LogListing, version: number, latest: number): DeltaLogError {
  const earliest = earliestVersion(listing);
  return new DeltaLogError('VERSION_NOT_FOUND', {
    version,
    ...(earliest !== undefined && { earliest }),
    latest,
  });
}
