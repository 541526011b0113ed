import { z } from 'zod';
import { instant, schemaVersion } from './parts.ts';

export const syncResult = z.strictObject({
  schemaVersion,
  registry: z.string(),
  at: instant,
  /** The sync before; null for the first. */
  previous: instant.nullable(),
  models: z.int(),
  versions: z.int(),
  newVersions: z.int(),
  /** Changes of stages and aliases since the sync before. */
  moves: z.int(),
  /** Versions that were deleted or renamed since. */
  gone: z.int(),
  newRuns: z.int(),
});

export type SyncResult = z.infer<typeof syncResult>;
