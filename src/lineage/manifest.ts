import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { canonicalJson } from '../base/canonical-json.ts';
import { LineageError } from '../base/errors.ts';
import { hashFile } from '../base/hash-file.ts';
import { jsonOf } from '../base/json-of.ts';
import { type Manifest, manifestSchema } from './result/manifest.ts';

/** Lies with rehydrated rows. Readers of Parquet folders pass over names that begin with `_`. */
export const manifestName = '_asof.json';

/** Name, size and hash of a file of rows. */
export async function describeFile(
  folder: string,
  name: string,
): Promise<Manifest['files'][number]> {
  const { bytes, sha256 } = await hashFile(join(folder, name));
  return { name, bytes, sha256 };
}

/** A manifest with its seal: the hash of all else in it, so that one edited later can be told. */
export function sealed(manifest: Omit<Manifest, 'seal'>): Manifest {
  return { ...manifest, seal: sealOf(manifest) };
}

export function sealOf({ seal: _, ...manifest }: Manifest): string {
  return createHash('sha256').update(canonicalJson(manifest)).digest('hex');
}

/**
 * Accepts a folder, and folders in it, that hold nothing but manifests and the files they name.
 *
 * @throws LineageError OUTPUT_NOT_OURS
 */
export async function checkOurs(folder: string, root = folder): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true });
  const { named, isTable } = await namesIn(folder);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (isTable) await checkNamed(path, folder, root, named);
      else await checkOurs(path, root);
    } else if (!named.has(entry.name)) throw foreign(root, path);
  }
}

/** Folders of a table: partitions, and the log. */
async function checkNamed(
  folder: string,
  table: string,
  root: string,
  named: ReadonlySet<string>,
): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(table, path).replaceAll('\\', '/');
    if (!named.has(name)) throw foreign(root, path);
  }
}

function foreign(root: string, path: string) {
  return new LineageError('OUTPUT_NOT_OURS', { path: root, foreign: relative(root, path) });
}

/** What a manifest in a folder names; `isTable`: with folders of their own. */
async function namesIn(
  folder: string,
): Promise<{ readonly named: ReadonlySet<string>; readonly isTable: boolean }> {
  const found = await manifestIn(folder);
  if (found === undefined) return { named: new Set(), isTable: false };
  const named = new Set([manifestName, ...found.files.map(({ name }) => name)]);
  return { named, isTable: found.format === 'delta' };
}

/** The manifest that lies in a folder; undefined where there is none that can be read. */
export async function manifestIn(folder: string): Promise<Manifest | undefined> {
  try {
    const text = await readFile(join(folder, manifestName), 'utf8');
    return manifestSchema.safeParse(jsonOf(text)).data;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(code)) return;
    throw error;
  }
}
