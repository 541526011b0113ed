import type { Store } from 'deltalake-js';
import { LineageError } from '../../base/errors.ts';
import { decodedPath } from './decoded-path.ts';
import type { TableStore } from './table-store.ts';

export interface Guard {
  /** Where a file named by the log lies. @throws LineageError PATH_OUTSIDE_TABLE, LOG_DAMAGED */
  locate(path: string): Promise<string>;
  /** The store, for files of the log and for what the log points to. */
  readonly store: Store;
}

/**
 * Keeps a log from pointing anywhere: outside the table's folder only absolute paths are followed, and only when the table is a
 * shallow clone. Source: Delta protocol, "Add File and Remove File"; Spark 4.2 with Delta 4.4 writes such paths for CLONE alone.
 *
 * @param isClone whether the log holds a CLONE; asked at the first path outside
 */
export function guardedStore(
  store: TableStore,
  table: string,
  isClone: () => Promise<boolean>,
): Guard {
  const check = async (path: string, plain: string): Promise<string> => {
    const found = store.locate(plain);
    if (found === undefined) {
      const problem = `it names ${path}, which is no path that this table can have.`;
      throw new LineageError('LOG_DAMAGED', { table, file: '_delta_log', problem });
    }
    const isAbsolute = /^([a-z][a-z0-9+.-]*:|\/|\\)/i.test(plain);
    if (found.isInside || (isAbsolute && (await isClone()))) return found.location;
    throw new LineageError('PATH_OUTSIDE_TABLE', { table, path });
  };
  return {
    locate: (path) => check(path, decodedPath(path)),
    store: {
      list: (folder, options) => store.list(folder, options),
      stat: (path, options) => store.stat(path, options),
      async read(path, options) {
        await check(path, path);
        return await store.read(path, options);
      },
    },
  };
}
