import { type ErrorResult, isLineageError } from '../../src/index.ts';
import { plainLine } from './text.ts';

export function failureText(error: unknown): string {
  if (!isLineageError(error)) {
    const stack = error instanceof Error ? error.stack : String(error);
    return `error: asof failed in a way it should not have: please report it with the lines below\n${stack}\n`;
  }
  const { message, hint, code, deltaClass } = error;
  const also = deltaClass === undefined ? '' : ` (in Spark: ${deltaClass})`;
  return `error: ${plainLines(message)}\n hint: ${plainLine(hint)}\n code: ${code}${also}\n`;
}

/** What is wrong in a file may be several things, a line each. */
function plainLines(text: string): string {
  return text.split('\n').map(plainLine).join('\n');
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
