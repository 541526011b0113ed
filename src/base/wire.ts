import { z } from 'zod';
import { LineageError } from './errors.ts';

/** Protobuf servers send int64 as a number or as decimal text; both are read, none is rounded. */
export const int64 = z.preprocess(
  (value) => (typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value),
  z.number().refine(Number.isSafeInteger, 'is outside the range a JavaScript number holds exactly'),
);

/**
 * Reads a value that came from outside the process.
 *
 * @param source who sent it, as the user would name it: "POST runs/search"
 * @throws LineageError UNEXPECTED_RESPONSE, listing each field that does not fit
 */
export function parseWire<T>(schema: z.ZodType<T>, value: unknown, source: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new LineageError('UNEXPECTED_RESPONSE', {
    source,
    problem: z.prettifyError(result.error),
  });
}
