import type { z } from 'zod';
import { LineageError } from './errors.ts';

/**
 * Lines of JSON of one shape; empty lines are passed over.
 *
 * @throws LineageError JOURNAL_INVALID
 */
export function parseLines<T>(schema: z.ZodType<T>, text: string, source: string): readonly T[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const invalid = (problem: string, cause: unknown) =>
      new LineageError(
        'JOURNAL_INVALID',
        { source, problem: `line ${index + 1} ${problem}` },
        { cause },
      );
    let json: unknown;
    try {
      json = JSON.parse(line);
    } catch (error) {
      throw invalid('is not JSON', error);
    }
    const result = schema.safeParse(json);
    if (!result.success) throw invalid('is no entry of a journal', result.error);
    return [result.data];
  });
}
