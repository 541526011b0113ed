import { z } from 'zod';
import type { Pin } from '../pin.ts';
import { instant, schemaVersion } from './parts.ts';

const pinned = z.strictObject({
  alias: z.string(),
  ref: z.string(),
  location: z.string(),
  tableId: z.string(),
  version: z.int(),
  committedAt: instant.nullable(),
  /** The snapshot digest; null where a warehouse alone knows the table. */
  digest: z.string().nullable(),
  rows: z.int().nullable(),
  rowDigest: z.string().exactOptional(),
});

/** Tables resolved at one instant. `asof stamp --pins` takes it back. */
export const pinResult = z.strictObject({
  schemaVersion,
  pinnedAt: instant,
  tables: z.array(pinned),
});

export type PinResult = z.infer<typeof pinResult>;

export function pinResultOf(pins: readonly Pin[], now: number): PinResult {
  return {
    schemaVersion: 1,
    pinnedAt: new Date(now).toISOString(),
    tables: pins.map(({ committedAt, rows, digest, ...pin }) => ({
      ...pin,
      digest: digest ?? null,
      committedAt: committedAt === undefined ? null : new Date(committedAt).toISOString(),
      rows: rows ?? null,
    })),
  };
}

export function pinsOf({ tables }: PinResult): readonly Pin[] {
  return tables.map(({ committedAt, rows, digest, ...pin }) => ({
    ...pin,
    ...(digest !== null && { digest }),
    ...(committedAt !== null && { committedAt: Date.parse(committedAt) }),
    ...(rows !== null && { rows }),
  }));
}
