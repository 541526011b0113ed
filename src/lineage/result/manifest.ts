import { z } from 'zod';
import { outputFormats } from '../../delta/table-reader.ts';
import { instant, readSpec, schemaVersion } from './parts.ts';

/** What lies with rehydrated rows as `_asof.json`: what they are, where they come from, and how to tell that they are unchanged. */
export const manifestSchema = z.strictObject({
  schemaVersion,
  table: z.strictObject({ ref: z.string(), id: z.string(), location: z.string() }),
  version: z.int(),
  committedAt: instant.nullable(),
  operation: z.string().nullable(),
  /** The snapshot digest; null where the rows came through a warehouse. */
  digest: z.string().nullable(),
  /** The model or run that was asked for; null when a table was. */
  of: z.string().nullable(),
  read: readSpec.nullable(),
  format: z.enum(outputFormats),
  rows: z.int(),
  bytes: z.int(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int(), sha256: z.string() })),
  writtenAt: instant,
  /** The version of asof that wrote it. */
  asof: z.string(),
});

export type Manifest = z.infer<typeof manifestSchema>;
