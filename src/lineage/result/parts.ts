import { z } from 'zod';

/** Pieces that several results share. Fields are added, never renamed or taken away. */
export const schemaVersion = z.literal(1);

/** ISO 8601, UTC. */
export const instant = z.iso.datetime();

export const readSpec = z.strictObject({
  columns: z.array(z.string()).readonly().exactOptional(),
  where: z.string().exactOptional(),
  split: z.string().exactOptional(),
  seed: z.int().exactOptional(),
});

export const modelVersion = z.strictObject({
  name: z.string(),
  version: z.int(),
  stages: z.array(z.string()),
  aliases: z.array(z.string()),
  runId: z.string().nullable(),
});

export const warning = z.strictObject({ code: z.string(), message: z.string() });
export type Warning = z.infer<typeof warning>;

/** Strongest first. */
export const evidenceKinds = [
  'stamp',
  'dataset-input',
  'param',
  'tag',
  'spark-datasource',
  'model-metadata',
  'feature-spec',
  'inferred',
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];
