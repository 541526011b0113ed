import { justBefore, type LogFile, logFolder, parseLogFile } from './log-file.ts';
import { isNoSuchFile, type Store, type StoreEntry } from './store.ts';

/** What is in `_delta_log`, by name: nothing but `_last_checkpoint` was opened. */
export interface LogListing {
  /** Ascending by version; there may be gaps. */
  readonly commits: readonly CommitFile[];
  /** Complete ones only, ascending by version, and in a version from worst to best. */
  readonly checkpoints: readonly CheckpointFile[];
  /** Checkpoints that lack parts. */
  readonly incompleteCheckpoints: readonly IncompleteCheckpoint[];
  /** Compacted commits. They are told, not read. */
  readonly compactions: readonly CompactionFile[];
  /** Version checksums (`.crc`). They are told, not read. */
  readonly checksums: readonly ChecksumFile[];
  /** The listing began at this version, where `_last_checkpoint` pointed; undefined: it is whole. */
  readonly startsAt: number | undefined;
}

export interface CommitFile extends LogFile {}
export interface ChecksumFile extends LogFile {}

export interface CompactionFile extends LogFile {
  readonly lastVersion: number;
}

export interface CheckpointFile {
  readonly version: number;
  readonly kind: 'classic' | 'multi-part' | 'v2';
  /** One, or every part in order. */
  readonly files: readonly LogFile[];
}

export interface IncompleteCheckpoint {
  readonly version: number;
  readonly parts: number;
  /** Numbers of the missing parts, counted from 1. */
  readonly missing: readonly number[];
}

export interface ListLogOptions {
  /** List all of the log, whatever `_last_checkpoint` says: for histories. */
  readonly whole?: boolean;
  /** The version that will be asked for; without it the latest. */
  readonly version?: number;
  readonly signal?: AbortSignal;
}

/**
 * Lists the log: from the last checkpoint on where that is enough, else all of it. The hint in
 * `_last_checkpoint` may be missing, stale or wrong; it never decides which checkpoint is taken.
 */
export async function listLog(
  store: Store,
  { whole = false, version, signal }: ListLogOptions = {},
): Promise<LogListing> {
  const hinted = whole ? undefined : await readHint(store, signal);
  if (hinted !== undefined && (version === undefined || hinted <= version)) {
    const listing = await list(store, hinted, signal);
    const isThere = listing.checkpoints.some((checkpoint) => checkpoint.version === hinted);
    if (isThere) return listing;
  }
  return list(store, undefined, signal);
}

async function list(
  store: Store,
  startsAt: number | undefined,
  signal: AbortSignal | undefined,
): Promise<LogListing> {
  signal?.throwIfAborted();
  const startAfter = startsAt === undefined ? undefined : justBefore(startsAt);
  const entries = await store.list(logFolder, {
    ...(startAfter !== undefined && { startAfter }),
    ...(signal && { signal }),
  });
  return arrange(
    startAfter === undefined ? entries : entries.filter(({ name }) => name > startAfter),
    startsAt,
  );
}

/** Undefined for whatever is not a plain pointer to a version: it is only a hint. */
async function readHint(
  store: Store,
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  const path = `${logFolder}/_last_checkpoint`;
  let bytes: Uint8Array;
  try {
    bytes = await store.read(path, signal && { signal });
  } catch (error) {
    if (isNoSuchFile(error)) return undefined;
    throw error;
  }
  // V2 checkpoints put all kinds of things into it, but the version is a field at the top.
  let hint: unknown;
  try {
    hint = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof hint !== 'object' || hint === null || !('version' in hint)) return undefined;
  const { version } = hint;
  return Number.isSafeInteger(version) && Number(version) >= 0 ? Number(version) : undefined;
}

/** Sorts entries of `_delta_log` into what they are. */
export function arrange(entries: readonly StoreEntry[], startsAt: number | undefined): LogListing {
  const commits: CommitFile[] = [];
  const checksums: ChecksumFile[] = [];
  const compactions: CompactionFile[] = [];
  const checkpoints: CheckpointFile[] = [];
  const parts = new Map<string, { file: LogFile; part: number; parts: number }[]>();
  const sorted = entries
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    // Pages of a store's listing can overlap.
    .filter(({ name }, place, all) => name !== all[place - 1]?.name);
  for (const entry of sorted) {
    const parsed = parseLogFile(entry);
    if (!parsed) continue;
    const { kind, ...file } = parsed;
    if (kind.type === 'commit') commits.push(file);
    else if (kind.type === 'checksum') checksums.push(file);
    else if (kind.type === 'compaction') compactions.push({ ...file, ...kind });
    // Spark 4 and the kernel pass over an empty checkpoint: it was never written.
    else if (file.sizeBytes === 0) continue;
    else if (kind.type === 'checkpoint-part') {
      const key = `${file.version} ${kind.parts}`;
      const group = parts.get(key) ?? [];
      parts.set(key, group);
      group.push({ file, part: kind.part, parts: kind.parts });
    } else checkpoints.push(singleFile(file, kind.type));
  }
  const incompleteCheckpoints: IncompleteCheckpoint[] = [];
  for (const group of parts.values()) {
    const [first] = group;
    if (!first) continue;
    const present = new Set(group.map(({ part }) => part));
    if (present.size === first.parts) {
      const files = group.map(({ file }) => file);
      checkpoints.push({ version: first.file.version, kind: 'multi-part', files });
      continue;
    }
    const numbers = Array.from({ length: first.parts }, (_, index) => index + 1);
    incompleteCheckpoints.push({
      version: first.file.version,
      parts: first.parts,
      missing: numbers.filter((number) => !present.has(number)),
    });
  }
  checkpoints.sort(worstFirst);
  return { commits, checkpoints, incompleteCheckpoints, compactions, checksums, startsAt };
}

function singleFile(file: LogFile, type: 'classic-checkpoint' | 'v2-checkpoint'): CheckpointFile {
  const kind = type === 'v2-checkpoint' ? 'v2' : 'classic';
  return { version: file.version, kind, files: [file] };
}

const ranks = { classic: 0, 'multi-part': 1, v2: 2 } as const;

/**
 * Several complete checkpoints of a version say the same; Spark and the kernel take the v2 one with
 * the greatest name, else the one with most parts, else the classic one.
 */
function worstFirst(a: CheckpointFile, b: CheckpointFile): number {
  return (
    a.version - b.version ||
    ranks[a.kind] - ranks[b.kind] ||
    a.files.length - b.files.length ||
    ((a.files[0]?.path ?? '') < (b.files[0]?.path ?? '') ? -1 : 1)
  );
}

/** The listing as if some files were not there. */
export function without(listing: LogListing, paths: ReadonlySet<string>): LogListing {
  const checkpoints = listing.checkpoints.filter(
    ({ files }) => !files.some(({ path }) => paths.has(path)),
  );
  return { ...listing, checkpoints };
}
