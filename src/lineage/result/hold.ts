import { z } from 'zod';
import type { Hold } from '../wire-hold.ts';
import { instant, schemaVersion } from './parts.ts';

/** A version that is kept for good. */
export const holdLine = z.strictObject({
  schemaVersion,
  id: z.string(),
  heldAt: instant,
  table: z.strictObject({ ref: z.string(), id: z.string(), location: z.string() }),
  version: z.int(),
  /** The snapshot digest; null where a warehouse made the copy. */
  digest: z.string().nullable(),
  /** The digest of all rows, where a warehouse made the copy. */
  rowDigest: z.string().exactOptional(),
  /** The folder, or the name on the warehouse, of a Delta table whose version 0 it is. */
  path: z.string(),
  rows: z.int().nullable(),
  bytes: z.int(),
  /** What nothing else shares any more, and a release sets free; null: the folder is gone. */
  ownBytes: z.int().nullable(),
  /** The model or run that it was made for. */
  of: z.string().nullable(),
  /** held: now, or before already; released: just given up; planned: would be given up. */
  outcome: z.enum(['held', 'was-held', 'released', 'planned']),
});

export type HoldLine = z.infer<typeof holdLine>;

export function holdLineOf(
  hold: Hold,
  ownBytes: number | undefined,
  outcome: HoldLine['outcome'],
): HoldLine {
  const { id, at, table, version, digest, rowDigest, path, rows, bytes, of } = hold;
  return {
    schemaVersion: 1,
    id,
    heldAt: at,
    table: { ...table },
    version,
    digest: digest ?? null,
    ...(rowDigest !== undefined && { rowDigest }),
    path,
    rows: rows ?? null,
    bytes,
    ownBytes: ownBytes ?? null,
    of: of ?? null,
    outcome,
  };
}
