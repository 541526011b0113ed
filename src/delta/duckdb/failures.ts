import { tmpdir } from 'node:os';
import { isLineageError, LineageError } from '../../base/errors.ts';
import type { ReadOptions } from '../table-reader.ts';
import { defaultMemoryLimit } from './session.ts';

/**
 * What went wrong inside DuckDB, in our words. DuckDB 1.5 gives plain errors that begin with a class name
 * (`IO Error: …`); what is not one of them is passed through.
 */
export function translated(
  error: unknown,
  table: string,
  options: ReadOptions & { readonly directory?: string },
): unknown {
  if (options.signal?.aborted) return options.signal.reason;
  if (!(error instanceof Error) || isLineageError(error)) return error;
  const variant = /variant value: ([^\n]*)/.exec(error.message)?.[1];
  if (variant !== undefined) {
    const problem = `a variant in it is damaged: ${variant}.`;
    return new LineageError('FILE_DAMAGED', { table, problem }, { cause: error });
  }
  const { code, path: where } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC')
    return new LineageError('DISK_FULL', { path: where ?? table }, { cause: error });
  if (code === 'EACCES' || code === 'EPERM') {
    return new LineageError('ACCESS_DENIED', { path: where ?? table }, { cause: error });
  }
  const [, kind, text] = /^(\w[\w ]*? Error): ([^\n]*?)[.!]*(?:\n|$)/.exec(error.message) ?? [];
  if (kind === undefined || text === undefined) return error;
  const cause = { cause: error };
  const codec = /Unsupported compression codec "(\w+)"/.exec(error.message)?.[1];
  const feature = /is encrypted, but/.test(error.message)
    ? 'encrypted Parquet files'
    : codec && `Parquet files compressed by ${codec}`;
  if (feature)
    return new LineageError('FEATURE_UNSUPPORTED', { table, features: [feature] }, cause);
  if (
    /no space left|disk quota exceeded|file too large|max_temp_directory_size/i.test(error.message)
  ) {
    const isSpilled = /max_temp_directory_size|asof-spill-/.test(error.message);
    const path = (isSpilled ? undefined : options.directory) ?? options.tempDirectory ?? tmpdir();
    return new LineageError('DISK_FULL', { path }, cause);
  }
  const [, path] = /"([^"]+)": Permission denied/i.exec(error.message) ?? [];
  if (path !== undefined) return new LineageError('ACCESS_DENIED', { path }, cause);
  switch (kind) {
    case 'Out of Memory Error': {
      const bytes = options.memoryLimit ?? defaultMemoryLimit();
      const limit = `${Math.round(bytes / 2 ** 20)} MiB`;
      return new LineageError('MEMORY_EXHAUSTED', { limit }, cause);
    }
    case 'Binder Error':
    case 'Parser Error':
    case 'Catalog Error':
    case 'Conversion Error':
    case 'Invalid Input Error':
    case 'Out of Range Error':
      // It may also be the file that has what its column can't hold.
      if (options.selection?.where === undefined || /reading file "/.test(error.message)) break;
      return new LineageError(
        'FILTER_INVALID',
        { filter: options.selection.where, problem: `${text}.` },
        cause,
      );
  }
  return new LineageError('FILE_DAMAGED', { table, problem: `${text}.` }, cause);
}
