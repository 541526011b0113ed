import { lstat, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LineageError } from '../src/index.ts';

/**
 * Writes a file that the user names, whole or not at all; what is no plain file, as a pipe, is written to as it is.
 *
 * @param option that named it
 * @throws LineageError DISK_FULL, ACCESS_DENIED, OPTION_INVALID
 */
export async function writeNamedFile(path: string, text: string, option: string): Promise<void> {
  const beside = `${path}.asof-${process.pid}`;
  try {
    if (await isOther(path)) return await writeFile(path, text);
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {});
    throw named(error as NodeJS.ErrnoException, path, option);
  }
}

/**
 * Makes a folder among the system's temporary ones.
 *
 * @param option that needs it
 * @throws LineageError DISK_FULL, ACCESS_DENIED, OPTION_INVALID
 */
export async function makeTemporaryFolder(option: string): Promise<string> {
  const above = tmpdir();
  try {
    return await mkdtemp(join(above, 'asof-run-'));
  } catch (error) {
    throw named(error as NodeJS.ErrnoException, above, option);
  }
}

async function isOther(path: string): Promise<boolean> {
  try {
    return !(await lstat(path)).isFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

function named(error: NodeJS.ErrnoException, path: string, option: string): unknown {
  const cause = { cause: error };
  const { code = '' } = error;
  if (['ENOSPC', 'EDQUOT'].includes(code)) return new LineageError('DISK_FULL', { path }, cause);
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return new LineageError('ACCESS_DENIED', { path }, cause);
  }
  if (code === '') return error;
  const why = code === 'ENOENT' ? 'there is no such folder' : `the system says ${code}`;
  const problem = `${path} can't be written: ${why}`;
  return new LineageError('OPTION_INVALID', { option, problem }, cause);
}
