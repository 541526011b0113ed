import { z } from 'zod';
import { copyKinds } from '../../delta/table-copies.ts';
import { readSpec, schemaVersion } from './parts.ts';

/** A copy that a warehouse makes, or has made, of a table version: `asof rehydrate --into`. */
export const copyResult = z.strictObject({
  schemaVersion,
  source: z.strictObject({ ref: z.string(), id: z.string(), location: z.string() }),
  version: z.int(),
  target: z.string(),
  kind: z.enum(copyKinds),
  /** The model or run that was asked for; null when a table was. */
  of: z.string().nullable(),
  read: readSpec.nullable(),
  /** As it is sent. */
  statement: z.string(),
  risks: z.array(z.string()),
  /** null when only the plan was asked for. */
  copied: z
    .strictObject({
      tableId: z.string(),
      location: z.string().nullable(),
      rows: z.int(),
      wasThere: z.boolean(),
    })
    .nullable(),
});

export type CopyResult = z.infer<typeof copyResult>;
