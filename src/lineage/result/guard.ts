import { z } from 'zod';
import { vacuumEngines } from '../../delta/vacuum.ts';
import { instant, modelVersion, schemaVersion } from './parts.ts';

const broken = z.strictObject({
  version: z.int(),
  committedAt: instant.nullable(),
  files: z.int(),
  ofFiles: z.int(),
  /** null where the log does not count them. */
  rows: z.int().nullable(),
  models: z.array(modelVersion.extend({ isProtected: z.boolean() })),
  /** The folder of a sound hold of the version, so that nothing is lost with it. */
  hold: z.string().nullable(),
});

/** What a VACUUM would delete now, and which models' data would go with it. */
export const guardResult = z.strictObject({
  schemaVersion,
  table: z.strictObject({ ref: z.string(), id: z.string(), location: z.string() }),
  /** The latest. */
  version: z.int(),
  engine: z.enum(vacuumEngines),
  at: instant,
  retainHours: z.number(),
  tableRetainHours: z.number(),
  deletes: z.strictObject({ files: z.int(), folders: z.int(), bytes: z.int() }),
  /** Relative to the table. */
  paths: z.array(z.string()),
  /** Versions that models were trained on, are whole now and would not be. */
  breaks: z.array(broken),
  /** Versions that models were trained on and that are not whole any more. */
  lostAlready: z.array(z.int()),
  /** For delta-rs: `vacuum(keep_versions=…)`, and what it keeps of what would be deleted. */
  keepVersions: z.strictObject({
    versions: z.array(z.int()),
    bytes: z.int(),
    /** Some need deletion vectors, which `full=True` does not spare. */
    hasVectors: z.boolean(),
  }),
  /** What `delta.deletedFileRetentionDuration` would have to be, and what it keeps; null when nothing breaks. */
  retention: z.strictObject({ days: z.int(), bytes: z.int() }).nullable(),
  /** What a copy of each version that breaks takes. */
  clones: z.array(z.strictObject({ version: z.int(), bytes: z.int() })),
  isProtectedBroken: z.boolean(),
});

export type GuardResult = z.infer<typeof guardResult>;
