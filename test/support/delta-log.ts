import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableId } from './builders.ts';
import { commitPath, temporaryFolder } from './tables.ts';

/** A line of a commit. */
export type Action = Readonly<Record<string, unknown>>;

export const protocolAction = (fields: Action = {}): Action => ({
  protocol: { minReaderVersion: 1, minWriterVersion: 2, ...fields },
});

export function metaDataAction({
  fields = [{ name: 'id', type: 'long', nullable: true, metadata: {} }],
  ...others
}: Action & { readonly fields?: readonly Action[] } = {}): Action {
  return {
    metaData: {
      id: tableId,
      format: { provider: 'parquet', options: {} },
      schemaString: JSON.stringify({ type: 'struct', fields }),
      partitionColumns: [],
      configuration: {},
      createdTime: 1_700_000_000_000,
      ...others,
    },
  };
}

export const addAction = (path: string, fields: Action = {}): Action => ({
  add: {
    path,
    partitionValues: {},
    size: 1000,
    modificationTime: 1_700_000_000_000,
    dataChange: true,
    stats: '{"numRecords":10}',
    ...fields,
  },
});

export const infoAction = (fields: Action = {}): Action => ({
  commitInfo: { timestamp: 1_700_000_000_000, operation: 'WRITE', ...fields },
});

/**
 * A table whose log is written by hand, for what no engine can be made to write: each commit is its lines. A line that is text already
 * goes in as it is. The first commit gets a protocol and metadata in front unless it brings its own.
 */
export async function writeLog(
  commits: readonly (readonly (Action | string)[])[],
  options: { readonly folder?: string; readonly times?: readonly number[] } = {},
): Promise<string> {
  const folder = options.folder ?? join(await temporaryFolder(), 'table');
  await mkdir(join(folder, '_delta_log'), { recursive: true });
  for (const [version, lines] of commits.entries()) {
    const isWhole = lines.some((line) => typeof line === 'object' && 'metaData' in line);
    const start = version === 0 && !isWhole ? [protocolAction(), metaDataAction()] : [];
    await writeCommit(folder, version, [...lines, ...start]);
  }
  for (const [version, time] of (options.times ?? []).entries()) {
    await setCommitTime(folder, version, time);
  }
  return folder;
}

export async function writeCommit(
  table: string,
  version: number,
  lines: readonly (Action | string)[],
): Promise<void> {
  const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  await writeFile(commitPath(table, version), `${texts.join('\n')}\n`);
}

/** Sets the time of a commit's file: epoch milliseconds. */
export async function setCommitTime(table: string, version: number, time: number): Promise<void> {
  // Half a millisecond more: a file time is kept as a fraction, and the fraction is cut off.
  const seconds = (time + 0.5) / 1000;
  await utimes(commitPath(table, version), seconds, seconds);
}
