import { z } from 'zod';
import { instant, schemaVersion } from './parts.ts';

/** One run without a stamp, and the stamp that its records make likely. */
export const backfillLine = z.strictObject({
  schemaVersion,
  runId: z.string(),
  name: z.string().nullable(),
  startedAt: instant.nullable(),
  /** `stamp`: every table is known surely enough. `leave`: one is not, or records disagree, and nothing is written. */
  action: z.enum(['stamp', 'leave']),
  tables: z.array(
    z.strictObject({
      ref: z.string(),
      version: z.int().nullable(),
      certainty: z.string(),
      confidence: z.number(),
      evidence: z.array(z.string()),
    }),
  ),
  why: z.string(),
  /** The stamp stands on the run now; null while only planning, or where it is left. */
  isWritten: z.boolean().nullable(),
});

export type BackfillLine = z.infer<typeof backfillLine>;
