import { z } from 'zod';
import type { RunInput } from '../registry/run.ts';

export interface DeltaSource {
  /** A name or a path. */
  readonly ref: string;
  readonly id?: string;
  readonly version?: number;
}

const wireSource = z
  .object({
    path: z.string().nullish(),
    delta_table_name: z.string().nullish(),
    // MLflow writes a number; `from_spark(version="0")` and asof write text.
    delta_table_version: z
      .union([z.int().min(0), z.string().regex(/^\d+$/).transform(Number).pipe(z.int())])
      .nullish()
      .catch(undefined),
    delta_table_id: z.string().nullish(),
  })
  .transform((source): DeltaSource | undefined => {
    const ref = source.delta_table_name ?? source.path ?? undefined;
    if (ref === undefined) return;
    return {
      ref,
      ...(typeof source.delta_table_id === 'string' && { id: source.delta_table_id }),
      ...(typeof source.delta_table_version === 'number' && {
        version: source.delta_table_version,
      }),
    };
  });

/**
 * The Delta table that a dataset input names; undefined when it names none. An absent version is unknown: MLflow 3.17 leaves out
 * version 0 (`DeltaDatasetSource.to_dict`), and others leave out what they do not know.
 */
export function deltaSource({ sourceType, source }: RunInput): DeltaSource | undefined {
  if (sourceType !== 'delta_table') return;
  try {
    return wireSource.safeParse(JSON.parse(source)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return;
    throw error;
  }
}
