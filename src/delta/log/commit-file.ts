import type { Store } from 'deltalake-js';
import { LineageError } from '../../base/errors.ts';
import { type CommitInfo, wireCommitInfo } from './wire-commit-info.ts';

/** Enough for the first lines of most commits; they may go on for gigabytes. */
const headBytes = 16_384;

/**
 * What a commit says of itself: its first `commitInfo` action, or undefined when it holds none. Writers put it in the first line,
 * so the head of the file does; otherwise the whole file is read.
 *
 * @throws LineageError LOG_DAMAGED when a line that had to be read is not JSON
 */
export async function readCommitInfo(
  store: Store,
  table: string,
  path: string,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<CommitInfo | undefined> {
  const signal = options.signal && { signal: options.signal };
  const head = await store.read(path, { start: 0, end: headBytes, ...signal });
  const isWhole = head.length < headBytes;
  const text = new TextDecoder().decode(head);
  const found = commitInfoIn(
    isWhole ? text : text.slice(0, text.lastIndexOf('\n') + 1),
    table,
    path,
  );
  if (found !== undefined || isWhole) return found;
  return commitInfoIn(new TextDecoder().decode(await store.read(path, signal)), table, path);
}

function commitInfoIn(lines: string, table: string, path: string): CommitInfo | undefined {
  for (const [index, line] of lines.split('\n').entries()) {
    if (!line.includes('"commitInfo"')) continue;
    const damaged = (problem: string, cause: unknown) =>
      new LineageError('LOG_DAMAGED', { table, file: path, problem }, { cause });
    let action: unknown;
    try {
      action = JSON.parse(line);
    } catch (error) {
      throw damaged(`line ${index + 1} is not JSON.`, error);
    }
    if (typeof action !== 'object' || action === null || !('commitInfo' in action)) continue;
    if (action.commitInfo === null) continue;
    const info = wireCommitInfo.safeParse(action.commitInfo);
    if (!info.success) throw damaged(`line ${index + 1} holds no valid commitInfo.`, info.error);
    return info.data;
  }
  return;
}
