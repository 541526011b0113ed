import { readFile } from 'node:fs/promises';
import { LineageError } from '../../base/errors.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import type { MlflowLogin } from './settings.ts';

/**
 * The login that `mlflow` keeps in `~/.mlflow/credentials`; empty when there is no such file.
 *
 * @throws LineageError FILE_UNREADABLE
 */
export async function readMlflowCredentials(path: string): Promise<MlflowLogin> {
  try {
    return parseCredentials(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return {};
    throw new LineageError('FILE_UNREADABLE', { path, problem: error.message }, { cause: error });
  }
}

/** The section `[mlflow]` of the file, in the form that Python's configparser reads. */
export function parseCredentials(text: string): MlflowLogin {
  const values = new Map<string, string>();
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    section = /^\[(.*)\]\s*$/.exec(line)?.[1] ?? section;
    const [, key, value] = /^([^#;[:=][^:=]*?)\s*[:=]\s*(.*?)\s*$/.exec(line) ?? [];
    if (section !== 'mlflow' || key === undefined || value === undefined) continue;
    values.set(key.toLowerCase(), value.replaceAll('%%', '%'));
  }
  return withoutUndefined({
    username: values.get('mlflow_tracking_username') || undefined,
    password: values.get('mlflow_tracking_password') || undefined,
  });
}
