import { z } from 'zod';
import { LineageError } from '../../base/errors.ts';

/**
 * What a ledger keeps, as the shape that asof gave it.
 *
 * @throws LineageError LEDGER_UNUSABLE
 */
export function readStored<T>(schema: z.ZodType<T>, value: unknown, path: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problem = `what it keeps has another shape: ${z.prettifyError(result.error)}`;
  throw new LineageError('LEDGER_UNUSABLE', { path, problem });
}
