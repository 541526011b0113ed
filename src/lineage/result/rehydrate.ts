import { z } from 'zod';
import { manifestSchema } from './manifest.ts';
import { schemaVersion, warning } from './parts.ts';

export const rehydrateResult = z.strictObject({
  schemaVersion,
  /** The folder that was made. */
  path: z.string(),
  tables: z.array(
    z.strictObject({
      alias: z.string(),
      /** The folder with this table's rows. */
      path: z.string(),
      manifest: manifestSchema,
    }),
  ),
  warnings: z.array(warning),
});

export type RehydrateResult = z.infer<typeof rehydrateResult>;
