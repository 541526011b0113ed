import { z } from 'zod';
import { schemaVersion } from './parts.ts';

/** A failure, on stderr when `--json` is given. */
export const errorResult = z.strictObject({
  schemaVersion,
  error: z.strictObject({
    code: z.string(),
    message: z.string(),
    hint: z.string().nullable(),
    /** What Spark with Delta Lake calls the same failure. */
    deltaClass: z.string().nullable(),
    details: z.record(z.string(), z.unknown()),
  }),
});

export type ErrorResult = z.infer<typeof errorResult>;
