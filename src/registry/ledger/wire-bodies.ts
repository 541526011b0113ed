import { z } from 'zod';
import type { LoggedModel, ModelVersion } from '../model.ts';
import { type Run, runStatuses } from '../run.ts';
import type { FirstRun } from '../run-search.ts';

/** Not `z.record`, which would take half of the time that a run takes. */
const texts = z.custom<Readonly<Record<string, string>>>(
  (value) =>
    value instanceof Object && Object.values(value).every((text) => typeof text === 'string'),
);
const input = z.object({
  name: z.string(),
  digest: z.string(),
  sourceType: z.string(),
  source: z.string(),
  context: z.string().exactOptional(),
  schema: z.string().exactOptional(),
  profile: z.string().exactOptional(),
});
/** A run as the ledger keeps its copy. */
export const runBody: z.ZodType<Run> = z.object({
  id: z.string(),
  name: z.string().exactOptional(),
  experimentId: z.string(),
  status: z.enum(runStatuses),
  startedAt: z.number().exactOptional(),
  endedAt: z.number().exactOptional(),
  params: texts,
  tags: texts,
  metrics: z.record(
    z.string(),
    z
      .number()
      .nullable()
      .transform((value) => value ?? Number.NaN),
  ),
  inputs: z.array(input),
  loggedModelIds: z.array(z.string()).exactOptional(),
  isDeleted: z.boolean(),
});
/** A model version as the ledger keeps its copy. */
export const versionBody: z.ZodType<ModelVersion> = z.object({
  name: z.string(),
  version: z.int(),
  stage: z.string().exactOptional(),
  aliases: z.array(z.string()),
  runId: z.string().exactOptional(),
  loggedModelId: z.string().exactOptional(),
  source: z.string().exactOptional(),
  description: z.string().exactOptional(),
  tags: texts,
  createdAt: z.number().exactOptional(),
  updatedAt: z.number().exactOptional(),
});
/** A logged model as the ledger keeps its copy. */
export const loggedModelBody: z.ZodType<LoggedModel> = z.object({
  id: z.string(),
  name: z.string().exactOptional(),
  runId: z.string().exactOptional(),
  params: texts.exactOptional(),
  tags: texts.exactOptional(),
});
/** Paths with texts, or why there are none. */
export const seenFilesBody = z.union([
  z.object({ texts: z.array(z.tuple([z.string(), z.string()])) }),
  z.object({ problem: z.string() }),
]);
export const firstRunBody: z.ZodType<FirstRun> = z.object({
  id: z.string(),
  startedAt: z.number().exactOptional(),
});
