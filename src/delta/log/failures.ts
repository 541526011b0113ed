import { type DeltaLogError, isDeltaLogError } from 'deltalake-js';
import { isLineageError, LineageError } from '../../base/errors.ts';
import type { TableStore } from './table-store.ts';

/** Runs a piece of log reading; what deltalake-js or the file system throws becomes ours. */
export async function withFailures<T>(
  store: TableStore,
  table: string,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isDeltaLogError(error, 'TABLE_NOT_FOUND')) return await store.explainMissingLog();
    throw translated(error, table);
  }
}

function translated(error: unknown, table: string): unknown {
  if (isLineageError(error) || !(error instanceof Error)) return error;
  if (isDeltaLogError(error)) return fromKernel(error, table);
  const { code, path } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM') {
    return new LineageError('ACCESS_DENIED', { path: path ?? table }, { cause: error });
  }
  const problem = unreadable[code ?? ''];
  if (problem === undefined) return error;
  const file = path ?? '_delta_log';
  return new LineageError('LOG_DAMAGED', { table, file, problem }, { cause: error });
}

/** By the code that the system gives. */
const unreadable: Readonly<Record<string, string>> = {
  EISDIR: 'it is a folder.',
  EIO: 'the disk can not read it.',
  ELOOP: 'its links lead in a circle.',
};

function fromKernel(error: DeltaLogError, table: string): LineageError {
  const cause = { cause: error };
  const damaged = (file: string, problem: string) =>
    new LineageError('LOG_DAMAGED', { table, file, problem: `${problem}.` }, cause);
  if (isDeltaLogError(error, 'VERSION_NOT_FOUND')) {
    const { version, earliest, latest } = error.details;
    if (version > latest)
      return new LineageError('VERSION_TOO_NEW', { table, version, latest }, cause);
    return new LineageError('VERSION_TOO_OLD', { table, version, oldest: earliest, latest }, cause);
  }
  if (isDeltaLogError(error, 'LOG_GAP')) {
    const { first, last } = error.details;
    return new LineageError('LOG_GAP', { table, first, last }, cause);
  }
  if (isDeltaLogError(error, 'LOG_DAMAGED')) {
    const { path, line, problem } = error.details;
    return damaged(path, line === undefined ? problem : `line ${line}: ${problem}`);
  }
  if (isDeltaLogError(error, 'CHECKPOINT_DAMAGED')) {
    const { path, problem } = error.details;
    return new LineageError(
      'CHECKPOINT_DAMAGED',
      { table, file: path, problem: `${problem}.` },
      cause,
    );
  }
  if (isDeltaLogError(error, 'CHECKPOINT_INCOMPLETE')) {
    const { version, missing, parts } = error.details;
    const details = {
      table,
      file: `the checkpoint of v${version}`,
      problem: `part ${missing.join(', ')} of ${parts} is missing.`,
    };
    return new LineageError('CHECKPOINT_DAMAGED', details, cause);
  }
  if (isDeltaLogError(error, 'FEATURE_UNSUPPORTED')) {
    return new LineageError('FEATURE_UNSUPPORTED', { table, ...error.details }, cause);
  }
  if (isDeltaLogError(error, 'DELETION_VECTOR_DAMAGED')) {
    const { path, problem } = error.details;
    const details = { table, file: path, problem: `${problem}.` };
    return new LineageError('DELETION_VECTOR_DAMAGED', details, cause);
  }
  if (isDeltaLogError(error, 'FILE_MISSING')) {
    return damaged(error.details.path, 'the log needs this file, and it is not there');
  }
  if (isDeltaLogError(error, 'KERNEL_ERROR') || isDeltaLogError(error, 'KERNEL_PANIC')) {
    return damaged('_delta_log', error.details.problem);
  }
  return damaged('_delta_log', error.message);
}
