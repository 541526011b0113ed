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
  /** delta: a Delta table of its own. */
  format: z.enum([...outputFormats, 'delta']),
  /** null: the log does not count them, and none was read. */
  rows: z.int().nullable(),
  bytes: z.int(),
  /** No hash where a file was linked or copied without reading it. */
  files: z.array(
    z.strictObject({ name: z.string(), bytes: z.int(), sha256: z.string().nullable() }),
  ),
  writtenAt: instant,
  /** The version of asof that wrote it. */
  asof: z.string(),
  /** With format delta: the table that was made, at its version 0. */
  copy: z.strictObject({ tableId: z.string(), digest: z.string() }).exactOptional(),
  /** Folders beside this one, with the tables that were written with it. */
  beside: z.array(z.string()).exactOptional(),
  /** SHA-256 of the canonical JSON of all else. */
  seal: z.string().exactOptional(),
});

export type Manifest = z.infer<typeof manifestSchema>;
