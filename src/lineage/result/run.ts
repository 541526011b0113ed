import { z } from 'zod';
import { schemaVersion } from './parts.ts';
import { stampedRun } from './stamp.ts';

/** A command that was run on pinned tables. */
export const runResult = stampedRun.extend({
  schemaVersion,
  command: z.array(z.string()),
  exitCode: z.int(),
  /** The signal that ended the command. */
  endedBy: z.string().nullable(),
  status: z.enum(['FINISHED', 'FAILED', 'KILLED']),
  metrics: z.record(z.string(), z.number()),
  /** Tables with newer versions than the one pinned; the command read the pinned one if it used what it was given. */
  moved: z.array(z.strictObject({ alias: z.string(), pinned: z.int(), latest: z.int() })),
});

export type RunResult = z.infer<typeof runResult>;
