import { z } from 'zod';

const wireStats = z.object({
  minValues: z.record(z.string(), z.unknown()).optional(),
  maxValues: z.record(z.string(), z.unknown()).optional(),
});

/** The least and the greatest value of a column in a file, where its statistics have them. */
export function statBounds(
  stats: string | undefined,
  column: string,
): { readonly min?: unknown; readonly max?: unknown } {
  if (stats === undefined) return {};
  try {
    const { minValues, maxValues } = wireStats.safeParse(JSON.parse(stats)).data ?? {};
    return { min: minValues?.[column], max: maxValues?.[column] };
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
