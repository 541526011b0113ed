import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { mapParallel } from '../../base/parallel.ts';
import type { CallOptions } from '../snapshot.ts';
import type { StoredEntry } from '../table-timeline.ts';

/** How many folders, and how many files of each, are looked at at once. */
const atOnce = 32;

/** Everything below a table's folder but its log; what vanishes meanwhile is left out. */
export async function localEntries(
  root: string,
  options: CallOptions = {},
): Promise<readonly StoredEntry[]> {
  const entries: StoredEntry[] = [];
  let folders: readonly string[] = [''];
  while (folders.length > 0) {
    const deeper = await mapParallel(
      folders,
      atOnce,
      async (folder) => {
        const found = await unlessGone(readdir(join(root, folder)), []);
        const names = found.filter((name) => folder !== '' || name !== '_delta_log');
        const described = await mapParallel(names, atOnce, async (name) => {
          const path = folder === '' ? name : `${folder}/${name}`;
          const found = await unlessGone(stat(join(root, path)), undefined);
          if (found === undefined) return;
          return {
            path,
            isFolder: found.isDirectory(),
            sizeBytes: found.isDirectory() ? 0 : found.size,
            modifiedAt: Math.floor(found.mtimeMs),
          };
        });
        const there = described.filter((entry) => entry !== undefined);
        // One by one: a folder may hold more files than a call takes arguments.
        for (const entry of there) entries.push(entry);
        return there.filter(({ isFolder }) => isFolder).map(({ path }) => path);
      },
      options,
    );
    folders = deeper.flat();
  }
  return entries;
}

async function unlessGone<T, U>(asked: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await asked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
