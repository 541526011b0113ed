import { z } from 'zod';
import type { StampJournal } from '../registry/stamp-journal.ts';

/** A version that is kept for good: a complete Delta table of its own, in a folder of asof's or on the warehouse that has the original. */
export interface Hold {
  readonly id: string;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** What is held. */
  readonly table: { readonly ref: string; readonly id: string; readonly location: string };
  readonly version: number;
  /** The snapshot digest of what is held; absent where a warehouse made the copy. */
  readonly digest?: string;
  /** The digest of all its rows; there where a warehouse made the copy. */
  readonly rowDigest?: string;
  /** The folder, or the table's name on the warehouse. */
  readonly path: string;
  readonly isInWarehouse?: true;
  /** The table there, at its version 0. */
  readonly copy: { readonly tableId: string; readonly digest?: string };
  readonly rows?: number;
  readonly bytes: number;
  /** The model or run that it was made for. */
  readonly of?: string;
}

export const holdKind = 'hold';
export const releaseKind = 'release';

const wireHold: z.ZodType<Hold> = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  table: z.object({ ref: z.string(), id: z.string(), location: z.string() }),
  version: z.int(),
  digest: z.string().exactOptional(),
  rowDigest: z.string().exactOptional(),
  path: z.string(),
  isInWarehouse: z.literal(true).exactOptional(),
  copy: z.object({ tableId: z.string(), digest: z.string().exactOptional() }),
  rows: z.int().exactOptional(),
  bytes: z.int(),
  of: z.string().exactOptional(),
});
const wireRelease = z.object({ id: z.string() });

/** The holds that the journal tells of and that were not released, oldest first. */
export async function keptHolds(journal: Pick<StampJournal, 'entries'>): Promise<readonly Hold[]> {
  const holds = new Map<string, Hold>();
  for (const { kind, body } of await journal.entries([holdKind, releaseKind])) {
    if (kind === holdKind) {
      const hold = wireHold.parse(JSON.parse(body));
      holds.set(hold.id, hold);
    }
    if (kind === releaseKind) holds.delete(wireRelease.parse(JSON.parse(body)).id);
  }
  return [...holds.values()];
}
