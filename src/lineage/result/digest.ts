import { z } from 'zod';
import { instant, readSpec, schemaVersion } from './parts.ts';

/** What the rows of a table version amount to, or of a part of it. */
export const digestResult = z.strictObject({
  schemaVersion,
  table: z.strictObject({ ref: z.string(), id: z.string(), location: z.string() }),
  version: z.int(),
  committedAt: instant.nullable(),
  /** The row digest: `rows-v1:` and a hash. */
  digest: z.string(),
  rows: z.int(),
  /** null when all of the table was read. */
  read: readSpec.nullable(),
});

export type DigestResult = z.infer<typeof digestResult>;
