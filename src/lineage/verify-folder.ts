import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { LineageError } from '../base/errors.ts';
import { jsonOf } from '../base/json-of.ts';
import { describeFile, manifestIn, manifestName, sealOf } from './manifest.ts';
import { type Manifest, manifestSchema } from './result/manifest.ts';
import type { VerifyCheck } from './result/verify.ts';

/**
 * Whether a folder holds what asof wrote there, or folders that do.
 *
 * @throws LineageError ACCESS_DENIED
 */
export async function isRehydrated(folder: string): Promise<boolean> {
  return await withFailures(folder, async () => (await manifestsIn(folder)).length > 0);
}

/**
 * Compares rehydrated folders with their manifests: every file by its SHA-256, and that nothing else is there. Of several that were
 * written together none may be missing.
 *
 * @throws LineageError ACCESS_DENIED
 */
export async function verifyFolder(folder: string): Promise<readonly VerifyCheck[]> {
  return await withFailures(folder, async () => {
    const found = await manifestsIn(folder);
    const checks: VerifyCheck[] = [];
    for (const one of found) checks.push(await verifyOne(one));
    return found[0] === folder ? checks : [...checks, ...(await missingBeside(folder, found))];
  });
}

/** Tables that were written together with those that are there. */
async function missingBeside(
  folder: string,
  found: readonly string[],
): Promise<readonly VerifyCheck[]> {
  const writtenWith = new Map<string, string>();
  for (const one of found) {
    const { beside = [] } = (await manifestIn(one)) ?? {};
    for (const name of beside) writtenWith.set(join(folder, name), one);
  }
  for (const one of found) writtenWith.delete(one);
  return [...writtenWith].map(([subject, one]) => ({
    level: 'manifest',
    subject,
    outcome: 'differs',
    note: `written together with ${one}`,
    differences: ['it is gone, or its manifest is'],
  }));
}

async function withFailures<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, path = folder } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EPERM') throw error;
    throw new LineageError('ACCESS_DENIED', { path }, { cause: error });
  }
}

async function manifestsIn(folder: string): Promise<readonly string[]> {
  const entries = await entriesOf(folder);
  if (entries.some(isManifest)) return [folder];
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (!entry.isDirectory()) continue;
    if ((await entriesOf(path)).some(isManifest)) found.push(path);
  }
  return found.sort();
}

function isManifest(entry: Dirent): boolean {
  return entry.name === manifestName && !entry.isDirectory();
}

async function verifyOne(folder: string): Promise<VerifyCheck> {
  const check = (differences: readonly string[], note: string): VerifyCheck => ({
    level: 'manifest',
    subject: folder,
    outcome: differences.length === 0 ? 'same' : 'differs',
    note,
    differences: [...differences],
  });
  const text = (await unlessGone(readFile(join(folder, manifestName), 'utf8'))) ?? '';
  const manifest = manifestSchema.safeParse(jsonOf(text)).data;
  if (manifest === undefined && isSealed(text)) {
    const note =
      'the manifest is whole, and of a form that this asof does not know: a newer one wrote it';
    return { ...check([], note), outcome: 'unknown' };
  }
  if (manifest === undefined) {
    return check([`${manifestName} is not as asof writes it`], 'the manifest can not be read');
  }
  const differences: string[] = [];
  if (manifest.seal !== undefined && manifest.seal !== sealOf(manifest)) {
    differences.push(`${manifestName} was edited: its seal is that of another text`);
  }
  const present = new Set((await filesBelow(folder)).filter((name) => name !== manifestName));
  for (const { name, bytes, sha256 } of manifest.files) {
    if (!present.delete(name)) {
      differences.push(`${name} is gone`);
      continue;
    }
    const size = (await unlessGone(stat(join(folder, name))))?.size;
    if (size === undefined) {
      differences.push(`${name} is gone`);
    } else if (size !== bytes) {
      differences.push(`${name} has ${size} bytes, the manifest says ${bytes}`);
    } else if (sha256 !== null) {
      const { sha256: found } = await describeFile(folder, name);
      if (found === sha256) continue;
      differences.push(`${name} has other content: SHA-256 ${found} instead of ${sha256}`);
    }
  }
  for (const name of [...present].sort()) differences.push(`${name} is not in the manifest`);
  const { table, version, files } = manifest;
  const unhashed = files.filter(({ sha256 }) => sha256 === null).length;
  const how = unhashed === 0 ? 'by SHA-256' : `by size, ${files.length - unhashed} by SHA-256`;
  const seal = manifest.seal === undefined ? '; the manifest has no seal' : '';
  return check(
    differences,
    `${files.length} file${files.length === 1 ? '' : 's'} of ${table.ref}@v${version} ${how}${seal}`,
  );
}

/** Whatever its form: its seal is that of what it says. */
function isSealed(text: string): boolean {
  const found = jsonOf(text);
  return (
    typeof found === 'object' &&
    found !== null &&
    'seal' in found &&
    found.seal === sealOf(found as Manifest)
  );
}

/** Undefined where nothing is there, or a link leads nowhere. */
async function unlessGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
}

/** Relative to the folder, with '/' between. Readers of a table leave checksums beside files, as `.name.crc`; those are not ours. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && !/^\..*\.crc$/.test(basename(entry.name)))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'].includes(code)) return [];
    throw error;
  }
}
