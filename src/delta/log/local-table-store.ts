import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { localStore } from 'deltalake-js/node';
import { closest } from '../../base/closest.ts';
import { LineageError } from '../../base/errors.ts';
import { localEntries } from './local-entries.ts';
import type { LocatedFile, TableStore } from './table-store.ts';

/**
 * A table in a folder of this machine.
 *
 * @param folder a path or a `file:` URL
 * @param cwd where relative paths start
 * @throws LineageError REF_INVALID for a URL that is no path of this machine
 */
export function localTableStore(folder: string, cwd = '.'): TableStore {
  const plain = /^file:/i.test(folder) ? plainPath(folder) : folder;
  if (plain === undefined) {
    const problem = 'the URL is no path of this machine';
    throw new LineageError('REF_INVALID', { text: folder, problem });
  }
  const root = resolve(cwd, plain);
  const store = localStore(root);
  return {
    ...store,
    root,
    list: (name, options) => unlessNoPath(store.list(name, options), []),
    async read(path, options) {
      try {
        return await store.read(path, options);
      } catch (error) {
        throw located(error, join(root, path));
      }
    },
    stat: (path, options) =>
      unlessNoPath(
        store.stat(isAbsolute(path) ? pathToFileURL(path).href : path, options),
        undefined,
      ),
    locate: (path) => locate(root, path),
    entries: (options) => localEntries(root, options),
    explainMissingLog: () => explainMissingLog(root),
  };
}

function locate(root: string, path: string): LocatedFile | undefined {
  const plain = plainPath(path);
  if (plain === undefined) return;
  const location = resolve(root, plain);
  // Nearly always; comparing paths step by step costs ten times as much.
  const above = root.endsWith(sep) ? root : root + sep;
  if (location.length > above.length && location.startsWith(above)) {
    return { location, isInside: true };
  }
  const inside = relative(root, location);
  const isInside = !(inside === '' || /^\.\.([\\/]|$)/.test(inside) || isAbsolute(inside));
  return { location, isInside };
}

function plainPath(path: string): string | undefined {
  // A drive letter is no scheme.
  if (!/^[a-z][a-z0-9+.-]+:/i.test(path)) return withoutNul(path);
  try {
    return /^file:/i.test(path) ? withoutNul(fileURLToPath(new URL(path))) : undefined;
  } catch (error) {
    if (error instanceof TypeError || error instanceof URIError) return;
    throw error;
  }
}

/** No system has such a path. */
function withoutNul(path: string): string | undefined {
  return path.includes('\0') ? undefined : path;
}

async function explainMissingLog(root: string): Promise<never> {
  const found = await unlessNoPath(stat(root), undefined);
  if (found === undefined) {
    const siblings = await readdir(dirname(root)).catch(() => []);
    const near = closest(basename(root), siblings);
    throw new LineageError('TABLE_NOT_FOUND', {
      location: root,
      closest: near === undefined ? undefined : join(dirname(root), near),
    });
  }
  const notDelta = (what: string) =>
    new LineageError('TABLE_NOT_DELTA', { location: root, found: what });
  if (!found.isDirectory()) throw notDelta('is a file');
  if (basename(root) === '_delta_log')
    throw notDelta('is the log itself; its table is one folder up');
  const entries = await readdir(root);
  if (entries.includes('_delta_log'))
    throw notDelta('has a _delta_log folder without a commit in it');
  if (entries.some((name) => name.endsWith('.parquet'))) {
    throw notDelta('holds Parquet files, but no _delta_log folder');
  }
  throw notDelta('has no _delta_log folder');
}

async function unlessNoPath<T, U>(asked: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await asked;
  } catch (error) {
    if (isNoPath(error)) return otherwise;
    throw error;
  }
}

/** What fails after the opening does not say where. */
function located(error: unknown, path: string): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return Object.assign(error, { path, ...(isNoPath(error) && { code: 'ENOENT' }) });
}

/** Nothing can be there: some part of the path is missing, is a file, or has a name that no file has. */
function isNoPath(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG';
}
