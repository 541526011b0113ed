import {
  closeSync,
  opendirSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Store } from './store.ts';

/** Where small files are read into; what does not fit is not read on the main thread. */
const scratch = new Uint8Array(1 << 18);

/** How long small reads may hold the event loop in a row. */
const sliceMs = 8;

/** A file system that takes longer than this to tell of a file, so often in a row, is somewhere else: it is asked for several at a time. */
const farMs = 1;
const farInRow = 3;

/**
 * A table in a folder of this machine. Small files are read synchronously, in short slices, and
 * so are sizes and times: for the thousands of commits of a log this takes a quarter of the time.
 *
 * @param root a path or a `file:` URL
 */
export function localStore(root: string | URL): Store {
  const folder = typeof root === 'string' && !root.startsWith('file:') ? root : fileURLToPath(root);
  const pathOf = (path: string) => localPath(folder, path);
  const turn = turns();
  let far = 0;
  /** Undefined for what is not there. */
  const statNear = (file: string): Stats | undefined => {
    const before = performance.now();
    const found = statSync(file, { throwIfNoEntry: false });
    far = performance.now() - before > farMs ? far + 1 : 0;
    return found;
  };
  return {
    async list(path, { startAfter, signal } = {}) {
      signal?.throwIfAborted();
      try {
        const inside = join(folder, path);
        const names =
          startAfter === undefined ? readdirSync(inside) : namesAfter(startAfter, inside);
        return names.map((name) => ({ name }));
      } catch (error) {
        if (isAbsent(error)) return [];
        throw error;
      }
    },
    async read(path, { start = 0, end, signal } = {}) {
      await turn();
      signal?.throwIfAborted();
      const file = pathOf(path);
      return readSmall(file, start, end) ?? readLarge(file, start, end);
    },
    async stat(path, { signal } = {}) {
      const isFar = far >= farInRow;
      if (!isFar) await turn();
      signal?.throwIfAborted();
      try {
        const file = pathOf(path);
        const found = isFar ? await stat(file) : statNear(file);
        return found && { sizeBytes: found.size, modifiedAt: Math.floor(found.mtimeMs) };
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    },
  };
}

/** Node sorts all names before it gives them, which of 100,000 takes half the time; here they come as they lie. */
function namesAfter(startAfter: string, folder: string): string[] {
  const names: string[] = [];
  const entries = opendirSync(folder, { bufferSize: 128 });
  try {
    for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
      if (entry.name > startAfter) names.push(entry.name);
    }
  } finally {
    entries.closeSync();
  }
  return names;
}

function localPath(folder: string, path: string): string {
  if (path.startsWith('file:')) return fileURLToPath(path);
  if (!path.includes('://')) return join(folder, path);
  throw Object.assign(new Error(`${path} is not on this machine.`), { code: 'ENOENT' });
}

/** Undefined for what is too large to wait for. */
function readSmall(file: string, start: number, end = Number.POSITIVE_INFINITY) {
  const wanted = end - start;
  const handle = openSync(file, 'r');
  try {
    // Reading on until nothing comes costs less than asking for the size.
    let filled = 0;
    while (filled < Math.min(wanted, scratch.length)) {
      const length = Math.min(wanted, scratch.length) - filled;
      const read = readSync(handle, scratch, filled, length, start + filled);
      if (read === 0) break;
      filled += read;
    }
    if (filled === scratch.length && filled < wanted) return undefined;
    return scratch.slice(0, filled);
  } finally {
    closeSync(handle);
  }
}

async function readLarge(
  file: string,
  start: number,
  end: number | undefined,
): Promise<Uint8Array> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const length = Math.max(0, Math.min(size, end ?? size) - start);
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, start + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

/** Resolves at once, but lets others run when the slice is over. */
function turns(): () => Promise<void> | undefined {
  let sliceEnd = 0;
  let rest: Promise<void> | undefined;
  return () => {
    if (rest) return rest;
    const now = performance.now();
    if (now < sliceEnd) return undefined;
    rest = new Promise((resolve) => {
      setImmediate(() => {
        rest = undefined;
        sliceEnd = performance.now() + sliceMs;
        resolve();
      });
    });
    return rest;
  };
}

/** Also below a file, where no folder can be. */
function isAbsent(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  );
}
