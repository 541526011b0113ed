import { type LogListing, listLog, without } from './log-listing.ts';
import { checkVersion, type LogSegment, logSegment } from './log-segment.ts';
import { type PlainTable, replayPlainLog } from './plain/replay.ts';
import { type Reader, readFiles } from './read-files.ts';
import type { Store } from './store.ts';
import { plainSnapshot, snapshotIn, type TableSnapshot } from './table-snapshot.ts';
import { Instance, type Put } from './wasm/instance.ts';
import { instantiate, preload, wasmModule } from './wasm-module.ts';

export interface OpenSnapshotOptions {
  /** The latest, if undefined. */
  readonly version?: number;
  /** What `listLog` gave, to not list again. */
  readonly listing?: LogListing;
  readonly signal?: AbortSignal;
}

/**
 * Opens a table at a version: reads the newest complete checkpoint at or before it, the commits
 * after that, and nothing else.
 *
 * @throws DeltaLogError TABLE_NOT_FOUND, VERSION_NOT_FOUND, LOG_GAP, CHECKPOINT_INCOMPLETE as
 *   `logSegment` does; LOG_DAMAGED, CHECKPOINT_DAMAGED, FILE_MISSING, FEATURE_UNSUPPORTED
 */
export async function openSnapshot(
  store: Store,
  { version, listing, signal }: OpenSnapshotOptions = {},
): Promise<TableSnapshot> {
  if (version !== undefined) checkVersion(version);
  const reader = { store, ...(signal && { signal }) };
  let known = await listingFor(version, listing, reader);
  for (;;) {
    const segment = await segmentOf(known, version, reader);
    const { kind } = segment.checkpoint ?? {};
    // It goes on while files are read.
    if (kind === 'multi-part' || kind === 'v2') preload();
    const puts = await readSegment(segment, reader);
    const plain = replayPlain(segment, puts);
    if (plain) return plainSnapshot(plain, store);
    const empty = emptyCheckpointFiles(segment, puts);
    if (empty.size === 0) {
      const instance = new Instance(instantiate(await wasmModule()));
      instance.put(puts);
      return snapshotIn(instance, store);
    }
    const whole = known.startsAt === undefined ? known : await relist(reader);
    known = without(whole, empty);
  }
}

async function listingFor(
  version: number | undefined,
  listing: LogListing | undefined,
  { store, signal }: Reader,
): Promise<LogListing> {
  const startsAt = listing?.startsAt ?? 0;
  if (listing && startsAt <= (version ?? startsAt)) return listing;
  const options = { ...(version !== undefined && { version }), ...(signal && { signal }) };
  return listLog(store, options);
}

async function segmentOf(
  listing: LogListing,
  version: number | undefined,
  reader: Reader,
): Promise<LogSegment> {
  try {
    return logSegment(listing, version);
  } catch (error) {
    if (listing.startsAt === undefined) throw error;
    // Only the whole log tells which versions there are.
    return logSegment(await relist(reader), version);
  }
}

function relist({ store, signal }: Reader): Promise<LogListing> {
  return listLog(store, { whole: true, ...(signal && { signal }) });
}

function readSegment({ checkpoint, commits }: LogSegment, reader: Reader) {
  const files = [...(checkpoint?.files ?? []), ...commits];
  return readFiles(
    files.map(({ path }) => ({ key: path, path })),
    reader,
  );
}

function replayPlain(
  { version, checkpoint }: LogSegment,
  puts: readonly Put[],
): PlainTable | undefined {
  const bytes = puts.map(({ bytes }) => bytes);
  if (!checkpoint) return replayPlainLog({ version, checkpoint: undefined, commits: bytes });
  if (checkpoint.kind !== 'classic') return undefined;
  return replayPlainLog({ version, checkpoint: bytes[0], commits: bytes.slice(1) });
}

/** An empty checkpoint was never written: the kernel passes over it, as Spark does. */
function emptyCheckpointFiles(
  { checkpoint }: LogSegment,
  puts: readonly Put[],
): ReadonlySet<string> {
  const paths = new Set(checkpoint?.files.map(({ path }) => path));
  const empty = puts.filter(({ key, bytes }) => bytes.length === 0 && paths.has(key));
  return new Set(empty.map(({ key }) => key));
}
