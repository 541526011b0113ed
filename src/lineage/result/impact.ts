import { z } from 'zod';
import { instant, modelVersion, schemaVersion, warning } from './parts.ts';

/** A number of rows as far as the log tells; null: it sets no upper bound. */
const rows = z.strictObject({ atLeast: z.int(), atMost: z.int().nullable() });

export const impactEffects = ['holds', 'lacks', 'both', 'none', 'unknown'] as const;

const affected = modelVersion.extend({
  /** The table version that the model was trained on; null when it is not known. */
  tableVersion: z.int().nullable(),
  certainty: z.string(),
  /** `holds` rows that the commits added or changed, `lacks` rows that they removed or changed. */
  effect: z.enum(impactEffects),
  held: rows.nullable(),
  lacking: rows.nullable(),
  /** The commits that it is affected by. */
  commits: z.array(z.int()),
  /** In words. */
  why: z.string(),
});

export const impactResult = z.strictObject({
  schemaVersion,
  table: z.strictObject({ ref: z.string(), id: z.string(), location: z.string() }),
  /** The commits asked about; null with a predicate and no version. */
  from: z.int().nullable(),
  to: z.int().nullable(),
  predicate: z.string().nullable(),
  commits: z.array(
    z.strictObject({
      version: z.int(),
      committedAt: instant.nullable(),
      operation: z.string().nullable(),
      added: rows,
      removed: rows,
    }),
  ),
  /** Model versions that are affected, or of which it can't be told; protected stages first. */
  models: z.array(affected),
  /** How many model versions are affected, by stage; `none` for those in no stage. */
  stages: z.record(z.string(), z.int()),
  /** Model versions trained on the table, and not affected. */
  unaffected: z.int(),
  protectedStages: z.array(z.string()),
  /** A model version in one of them is affected. */
  isProtectedHit: z.boolean(),
  warnings: z.array(warning),
});

export type ImpactResult = z.infer<typeof impactResult>;
export type ImpactedModel = ImpactResult['models'][number];
