import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, realpath, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
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
 * meanwhile are removed on the way. A link to a folder stands for that folder.
 *
 * @throws LineageError OUTPUT_NOT_EMPTY, OUTPUT_UNUSABLE, ACCESS_DENIED, DISK_FULL
 */
export async function newDirectory<T>(
  path: string,
  { fill, allowReplacing }: NewDirectoryOptions<T>,
): Promise<T> {
  let target = resolve(path);
  try {
    target = await linkedFrom(target);
    await checkMovable(target);
    await isReplaced(target, allowReplacing);
    const made = await mkdir(dirname(target), { recursive: true });
    await removeLeftovers(target);
    const staging = besideName(target);
    try {
      // Another one that failed may have taken the folders around it away again.
      await mkdir(staging, { recursive: true });
      const result = await fill(staging);
      // That may have taken long, and others may have been there meanwhile.
      if (await isReplaced(target, allowReplacing)) await swap(staging, target);
      else await moveIn(staging, target);
      return result;
    } finally {
      await rm(staging, { recursive: true, force: true });
      // After a failure they would stay for nothing.
      if (made !== undefined) await removeEmpty(dirname(target), made);
    }
  } catch (error) {
    throw explained(error, target);
  }
}

/** Removes folders that hold nothing, up to an outer one. */
async function removeEmpty(folder: string, outermost: string): Promise<void> {
  try {
    for (let at = folder; ; at = dirname(at)) {
      await rmdir(at);
      if (at === outermost) return;
    }
  } catch {
    // It holds something.
  }
}

/** Where a link leads; any other path is its own. */
async function linkedFrom(target: string): Promise<string> {
  const found = await lstat(target).catch(ignore('ENOENT'));
  if (!found?.isSymbolicLink()) return target;
  const end = await realpath(target).catch(ignore('ENOENT'));
  if (end !== undefined) return end;
  throw new LineageError('OUTPUT_UNUSABLE', { path: target, problem: 'the link leads nowhere' });
}

/**
 * A folder that is there gives way to the new one, once that is filled.
 *
 * @throws LineageError OUTPUT_UNUSABLE for one that can't, or that whoever stands in it would not see replaced
 */
async function checkMovable(target: string): Promise<void> {
  const found = await stat(target).catch(ignore('ENOENT'));
  if (!found?.isDirectory()) return;
  const unusable = (problem: string) =>
    new LineageError('OUTPUT_UNUSABLE', { path: target, problem });
  const isMount = found.dev !== (await stat(dirname(target))).dev;
  if (isMount) throw unusable('it is a mount point; one in it will do');
  const here = await realpath('.').catch(ignore('ENOENT'));
  const isAround =
    here !== undefined && `${here}${sep}`.startsWith(`${await realpath(target)}${sep}`);
  if (isAround) throw unusable('it is the current folder, or one around it; one in it will do');
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
    // A file; where one of the folders above it is a file, nothing is there.
    if (code === 'ENOTDIR' && (await stat(folder))) {
      throw new LineageError('OUTPUT_UNUSABLE', { path: folder, problem: 'it is a file' });
    }
    throw error;
  }
}

function ignore(...codes: readonly string[]) {
  return (error: NodeJS.ErrnoException): undefined => {
    if (!codes.includes(error.code ?? '')) throw error;
  };
}

const problems = {
  EBUSY: 'it is in use, as a mount point is',
  ELOOP: 'its links lead in a circle',
  ENAMETOOLONG: 'its name is too long',
  ENOTDIR: 'a folder of its path is a file',
} as const;

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
    case 'EBUSY':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'ENOTDIR':
      return new LineageError(
        'OUTPUT_UNUSABLE',
        { path: target, problem: problems[error.code] },
        cause,
      );
    default:
      return error;
  }
}
