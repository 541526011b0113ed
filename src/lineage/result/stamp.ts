import { z } from 'zod';
import type { StampedRun } from '../stamp-run.ts';
import { instant, modelVersion, readSpec, schemaVersion } from './parts.ts';

const table = z.strictObject({
  alias: z.string(),
  ref: z.string(),
  location: z.string(),
  id: z.string(),
  version: z.int(),
  committedAt: instant.nullable(),
  /** null where a warehouse alone knew the table. */
  digest: z.string().nullable(),
  rows: z.int().nullable(),
  rowDigest: z.string().exactOptional(),
  read: readSpec.nullable(),
});

export const stampedRun = z.strictObject({
  runId: z.string(),
  /** The run page, where there is one. */
  page: z.string().nullable(),
  stampedAt: instant,
  /** The same stamp was there before. */
  wasStamped: z.boolean(),
  tables: z.array(table),
  /** Model versions that carry the note now. */
  models: z.array(modelVersion),
});

export const stampResult = stampedRun.extend({ schemaVersion });

export type StampResult = z.infer<typeof stampResult>;

export function stampedRunOf(
  { runId, stamp, wasStamped, models }: StampedRun,
  page: string | undefined,
): z.infer<typeof stampedRun> {
  return {
    runId,
    page: page ?? null,
    stampedAt: stamp.at,
    wasStamped,
    tables: stamp.tables.map((one) => ({
      ...one,
      committedAt: one.committedAt ?? null,
      digest: one.digest ?? null,
      rows: one.rows ?? null,
      read: one.read ?? null,
    })),
    models: models.map(({ name, version, stage, aliases, runId: madeBy }) => ({
      name,
      version,
      stages: stage === undefined ? [] : [stage],
      aliases: [...aliases],
      runId: madeBy ?? null,
    })),
  };
}
