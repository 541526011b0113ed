import { isLineageError, LineageError } from '../../base/errors.ts';
import { inWords } from '../../base/network-failure.ts';
import type { WarehouseSettings } from './settings.ts';
import { SqlFailure } from './sql-session.ts';

/**
 * What `@databricks/sql` 2.1 throws, in our words: it has errors of four kinds, one of which is no `Error`. What is none of them passes.
 */
export function fromDriver(error: unknown, settings: WarehouseSettings): unknown {
  if (isLineageError(error) || error instanceof SqlFailure) return error;
  const { name, message, code, statusCode, errorCode } = fieldsOf(error);
  const cause = { cause: error };
  const { host, port, path, using } = settings;
  if (errorCode !== undefined) return new SqlFailure(sqlMessage(error, message), cause);
  if (statusCode !== undefined) return fromStatus(statusCode, error, settings);
  if (name === 'Status Error') return new SqlFailure(message, cause);
  if (name === 'OPError' || name === 'RPError') {
    const details = { host, using, problem: message };
    return new LineageError('WAREHOUSE_LOGIN_REFUSED', details, cause);
  }
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(code)) {
    const url = new URL(`https://${host}:${port}`);
    const problem = inWords(code, error, url);
    return new LineageError('WAREHOUSE_UNREACHABLE', { host: url.host, problem }, cause);
  }
  if (name === 'FetchError' || /premature close|socket hang up|network/i.test(message)) {
    return new LineageError(
      'WAREHOUSE_UNREACHABLE',
      { host: `${host}:${port}`, problem: message },
      cause,
    );
  }
  if (/^T(Application|Protocol|Transport)/.test(name) || name === 'InputBufferUnderrunError') {
    const source = `${host}${path}`;
    return new LineageError('UNEXPECTED_RESPONSE', { source, problem: message }, cause);
  }
  return error;
}

/** HTTP 503 and 429 at the opening of a session: the warehouse is starting, or has too much to do. */
export function isStarting(error: unknown): boolean {
  const { statusCode } = fieldsOf(error);
  return statusCode === 503 || statusCode === 429;
}

/** The session is gone, so that the statement was not begun. */
export function isSessionGone(error: unknown): boolean {
  const { message } = fieldsOf(error);
  return /invalid session ?handle|INVALID_HANDLE|session \S* ?(does not exist|is closed|was closed|has expired)/i.test(
    message,
  );
}

function fromStatus(status: number, error: unknown, settings: WarehouseSettings): LineageError {
  const { host, path, using } = settings;
  const cause = { cause: error };
  if (status === 401 || status === 403) {
    const details = { host, using, problem: `HTTP ${status}` };
    return new LineageError('WAREHOUSE_LOGIN_REFUSED', details, cause);
  }
  if (status === 404) return new LineageError('WAREHOUSE_NOT_FOUND', { host, path }, cause);
  const problem = fieldsOf(error).message;
  return new LineageError('SERVER_REFUSED', { source: `${host}${path}`, status, problem }, cause);
}

interface Fields {
  readonly name: string;
  readonly message: string;
  readonly code: unknown;
  readonly statusCode: number | undefined;
  readonly errorCode: string | undefined;
}

function fieldsOf(error: unknown): Fields {
  const fields: Readonly<Record<string, unknown>> =
    typeof error === 'object' && error !== null ? { ...error } : {};
  // Of an Error these two are not its own.
  const { name, message } = (error ?? {}) as {
    readonly name?: unknown;
    readonly message?: unknown;
  };
  const { code, statusCode, errorCode } = fields;
  return {
    name: typeof name === 'string' ? name : '',
    message: typeof message === 'string' ? message : String(error),
    code,
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    errorCode: typeof errorCode === 'string' ? errorCode : undefined,
  };
}

/** What the server wants shown, or else what it said. */
function sqlMessage(error: unknown, message: string): string {
  if (message.startsWith('[')) return message;
  const { response } = error as { readonly response?: { readonly errorMessage?: unknown } };
  const said = response?.errorMessage;
  return typeof said === 'string' && said !== '' ? said : message;
}
