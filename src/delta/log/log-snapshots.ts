import { listLog, openSnapshot, preload, type TableSnapshot } from 'deltalake-js';
import { mapParallel } from '../../base/parallel.ts';
import type { DataFile, FilesOptions, Snapshot, Snapshots } from '../snapshot.ts';
import { readCommitInfo } from './commit-file.ts';
import { withFailures } from './failures.ts';
import { type Guard, guardedStore } from './guarded-store.ts';
import type { TableStore } from './table-store.ts';
import { parseSchema } from './wire-schema.ts';

/** Starts to load what opening snapshots needs, in a program that is going to; it takes about as long as a request to a server. */
export const preloadSnapshots: () => void = preload;

/** Snapshots of a table from its log, by delta_kernel. */
export function logSnapshots(store: TableStore, table: string): Snapshots {
  return {
    at: (version, options = {}) =>
      withFailures(store, table, async () => {
        const guard = guardedStore(store, table, () => holdsClone(store, table, version));
        const opened = await openSnapshot(guard.store, { version, ...options });
        return snapshotOf(opened, store, table, guard);
      }),

    async audit(files, options = {}) {
      const found = await mapParallel(
        files,
        64,
        async (file) => ({ file, stat: await store.stat(file.location, options) }),
        options,
      );
      return {
        missing: found.filter(({ stat }) => stat === undefined).map(({ file }) => file),
        changed: found.flatMap(({ file, stat }) =>
          stat === undefined || stat.sizeBytes === file.sizeBytes
            ? []
            : [{ file, sizeBytes: stat.sizeBytes }],
        ),
      };
    },
  };
}

export function snapshotOf(
  opened: TableSnapshot,
  store: TableStore,
  table: string,
  guard: Guard,
): Snapshot {
  const { schemaString, files: _, deletedRows: __, ...facts } = opened;
  return {
    ...facts,
    schema: parseSchema(table, schemaString),
    files: (options) => locatedFiles(opened, store, table, guard, options),
    deletedRows: (vector, options) =>
      withFailures(store, table, () => opened.deletedRows(vector, options)),
  };
}

async function* locatedFiles(
  opened: TableSnapshot,
  store: TableStore,
  table: string,
  guard: Guard,
  options: FilesOptions | undefined,
): AsyncGenerator<readonly DataFile[], void, void> {
  const batches = opened.files(options)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await withFailures(store, table, () => batches.next());
      if (next.done) return;
      const located = next.value.map(async (file) => ({
        ...file,
        location: await guard.locate(file.path),
      }));
      yield await Promise.all(located);
    }
  } finally {
    await batches.return?.();
  }
}

/** Whether a commit at or before a version made the table a clone. */
export async function holdsClone(
  store: TableStore,
  table: string,
  version: number,
): Promise<boolean> {
  const { commits } = await listLog(store, { whole: true });
  const earlier = commits.filter((commit) => commit.version <= version);
  const infos = await mapParallel(earlier, 64, ({ path }) => readCommitInfo(store, table, path));
  return infos.some((info) => info?.columns.operation === 'CLONE');
}
