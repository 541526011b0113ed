import { z } from 'zod';
import { jsonOf } from '../base/json-of.ts';
import { remembering } from '../base/remembering.ts';

export interface RecordedProfile {
  readonly rows?: number;
  /** The profile is that of a Spark dataset. */
  readonly isSpark: boolean;
}

const count = z.int().min(0).optional().catch(undefined);

/**
 * `num_rows` of pandas and Hugging Face, `approx_count` of Spark (`"undefined"` where it took too long), `features_shape` of numpy, whose
 * first number counts rows.
 */
const wireProfile = z
  .looseObject({
    num_rows: count,
    approx_count: z.unknown().optional(),
    features_shape: z
      .union([
        z.array(z.number()),
        z.record(z.string(), z.array(z.number())).transform((shapes) => Object.values(shapes)[0]),
      ])
      .optional()
      .catch(undefined),
  })
  .transform(({ num_rows, approx_count, features_shape }): RecordedProfile => {
    const approximate = count.parse(approx_count);
    const rows = num_rows ?? approximate ?? count.parse(features_shape?.[0]);
    return { isSpark: approx_count !== undefined, ...(rows !== undefined && { rows }) };
  });

/** What a dataset's profile counted. */
export function profileOf(profile: string | undefined): RecordedProfile {
  return profile === undefined ? { isSpark: false } : countsIn(profile);
}

const countsIn = remembering(
  (profile) => wireProfile.safeParse(jsonOf(profile)).data ?? { isSpark: false },
);

const column = z.object({ name: z.string().optional() });
const wireSchema = z.union([
  z
    .object({ mlflow_colspec: z.array(column) })
    .transform(({ mlflow_colspec }) => mlflow_colspec.flatMap(({ name }) => name ?? [])),
  z.array(column).transform((columns) => columns.flatMap(({ name }) => name ?? [])),
]);

/** The names of the columns that a dataset's schema has; undefined where it names none. */
export function recordedColumns(schema: string | undefined): readonly string[] | undefined {
  const found = schema === undefined ? [] : columnsIn(schema);
  return found.length === 0 ? undefined : found;
}

const columnsIn = remembering((schema) => wireSchema.safeParse(jsonOf(schema)).data ?? []);
