import { readFile } from 'node:fs/promises';
import { LineageError } from '../src/index.ts';

/**
 * What a file that the user names holds.
 *
 * @throws LineageError FILE_UNREADABLE
 */
export async function readJson(path: string): Promise<unknown> {
  const unreadable = (problem: string, cause: unknown) =>
    new LineageError('FILE_UNREADABLE', { path, problem }, { cause });
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw unreadable('it is not JSON', error);
    throw unreadable(`the system says ${(error as NodeJS.ErrnoException).code}`, error);
  }
}
