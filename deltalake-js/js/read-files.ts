import { DeltaLogError } from './errors.ts';
import { inParallel } from './in-parallel.ts';
import { isNoSuchFile, type Store } from './store.ts';
import type { Put, Wanted } from './wasm/instance.ts';

/** Files read at once. */
const readsAtOnce = 64;

export interface Reader {
  readonly store: Store;
  readonly signal?: AbortSignal;
}

/**
 * The bytes of every file asked for, in order.
 *
 * @throws DeltaLogError FILE_MISSING when the store has no such file
 */
export async function readFiles(wanted: readonly Wanted[], reader: Reader): Promise<Put[]> {
  const puts: Put[] = [];
  await inParallel([...wanted.entries()], readsAtOnce, async ([index, { key, ...file }]) => {
    puts[index] = { key, bytes: await read(file, reader) };
  });
  return puts;
}

async function read(
  { path, start, end }: Omit<Wanted, 'key'>,
  { store, signal }: Reader,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  try {
    return await store.read(path, {
      ...(start !== undefined && { start }),
      ...(end !== undefined && { end }),
      ...(signal && { signal }),
    });
  } catch (error) {
    if (isNoSuchFile(error)) throw new DeltaLogError('FILE_MISSING', { path }, { cause: error });
    throw error;
  }
}
