import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { LineageError } from './errors.ts';

export interface NewDirectoryOptions<T> {
  /** Fills the folder; whatever it throws, nothing stays. */
  readonly fill: (folder: string) => Promise<T>;
  /**
   * Allows a folder that is not empty to be replaced.
   *
   * @throws when something in it must not be
   */
  readonly allowReplacing?: ((folder: string) => Promise<void>) | undefined;
}

/**
 * Makes a folder all at once: it is filled under another name beside, then renamed. Leftovers of processes that were killed
 * meanwhile are removed on the way.
 *
 * @throws LineageError OUTPUT_NOT_EMPTY, ACCESS_DENIED, DISK_FULL
 */
export async function newDirectory<T>(
  path: string,
  { fill, allowReplacing }: NewDirectoryOptions<T>,
): Promise<T> {
  const target = resolve(path);
  try {
    await isReplaced(target, allowReplacing);
    await mkdir(dirname(target), { recursive: true });
    await removeLeftovers(target);
    const staging = besideName(target);
    await mkdir(staging);
    try {
      const result = await fill(staging);
      // That may have taken long, and others may have been there meanwhile.
      if (await isReplaced(target, allowReplacing)) await swap(staging, target);
      else await moveIn(staging, target);
      return result;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  } catch (error) {
    throw explained(error, target);
  }
}

/**
 * Whether there is something that has to make room.
 *
 * @throws LineageError OUTPUT_NOT_EMPTY when it must stay; what `allowReplacing` throws
 */
async function isReplaced(
  target: string,
  allowReplacing: NewDirectoryOptions<unknown>['allowReplacing'],
): Promise<boolean> {
  const existing = (await entriesOf(target)) ?? [];
  if (existing.length === 0) return false;
  if (allowReplacing === undefined) throw new LineageError('OUTPUT_NOT_EMPTY', { path: target });
  await allowReplacing(target).catch(ignore('ENOENT'));
  return true;
}

async function moveIn(staging: string, target: string): Promise<void> {
  // Windows renames onto no folder, not even an empty one.
  await rmdir(target).catch(ignore('ENOENT'));
  await rename(staging, target);
}

/** Another process may do the same at the same time: then one of the two finds no old folder, and one no room for its new one. */
async function swap(staging: string, target: string): Promise<void> {
  const old = besideName(target);
  await rename(target, old).catch(ignore('ENOENT'));
  try {
    await rename(staging, target);
  } catch (error) {
    await rename(old, target).catch(ignore('ENOENT', 'ENOTEMPTY', 'EEXIST'));
    await rm(old, { recursive: true, force: true });
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/** `.name.asof-<process id>-<random>`: the process id tells whether somebody is still at work there. */
function besideName(target: string): string {
  const unique = `${process.pid}-${randomBytes(4).toString('hex')}`;
  return join(dirname(target), `.${basename(target)}.asof-${unique}`);
}

async function removeLeftovers(target: string): Promise<void> {
  const prefix = `.${basename(target)}.asof-`;
  for (const name of await readdir(dirname(target))) {
    const [, pid] = name.startsWith(prefix)
      ? (/^(\d+)-/.exec(name.slice(prefix.length)) ?? [])
      : [];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await rm(join(dirname(target), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: somebody else's process has that number.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function entriesOf(folder: string): Promise<readonly string[] | undefined> {
  try {
    return await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code === 'ENOTDIR') throw new LineageError('OUTPUT_NOT_EMPTY', { path: folder });
    throw error;
  }
}

function ignore(...codes: readonly string[]) {
  return (error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}

function explained(error: unknown, target: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const cause = { cause: error };
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new LineageError('DISK_FULL', { path: target }, cause);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new LineageError('ACCESS_DENIED', { path: target }, cause);
    case 'ENOTEMPTY':
    case 'EEXIST':
      return new LineageError('OUTPUT_NOT_EMPTY', { path: target }, cause);
    default:
      return error;
  }
}
