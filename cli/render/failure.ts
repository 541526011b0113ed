import { type ErrorResult, isLineageError } from '../../src/index.ts';

export function failureText(error: unknown): string {
  if (!isLineageError(error)) {
    const stack = error instanceof Error ? error.stack : String(error);
    return `error: asof failed in a way it should not have: please report it with the lines below\n${stack}\n`;
  }
  const { message, hint, code, deltaClass } = error;
  const also = deltaClass === undefined ? '' : ` (in Spark: ${deltaClass})`;
  return `error: ${message}\n hint: ${hint}\n code: ${code}${also}\n`;
}

export function failureJson(error: unknown): string {
  const result: ErrorResult = {
    schemaVersion: 1,
    error: isLineageError(error)
      ? {
          code: error.code,
          message: error.message,
          hint: error.hint,
          deltaClass: error.deltaClass ?? null,
          details: { ...error.details },
        }
      : {
          code: 'BUG',
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
          hint: null,
          deltaClass: null,
          details: {},
        },
  };
  return `${JSON.stringify(result)}\n`;
}
