import { z } from 'zod';
import type { ModelVersion } from '../../registry/model.ts';
import { dataTag } from '../annotate-model.ts';
import { instant, modelVersion, schemaVersion } from './parts.ts';

/** One version of a registered model, as `asof models` lists it and `asof model` leaves it. */
export const modelLine = modelVersion.extend({
  schemaVersion,
  source: z.string().nullable(),
  createdAt: instant.nullable(),
  updatedAt: instant.nullable(),
  /** What the tag asof.data says; `asof trace` looks closer. */
  data: z.string().nullable(),
});

export type ModelLine = z.infer<typeof modelLine>;

export function modelLineOf(version: ModelVersion): ModelLine {
  const iso = (time: number | undefined) =>
    time === undefined ? null : new Date(time).toISOString();
  return {
    schemaVersion: 1,
    name: version.name,
    version: version.version,
    stages: version.stage === undefined ? [] : [version.stage],
    aliases: [...version.aliases],
    runId: version.runId ?? null,
    source: version.source ?? null,
    createdAt: iso(version.createdAt),
    updatedAt: iso(version.updatedAt),
    data: version.tags[dataTag] ?? null,
  };
}
