import { createHash } from 'node:crypto';
import { z } from 'zod';
import { jsonOf } from '../base/json-of.ts';

/** One suite's verdict over one batch of data, without any value of the data. */
export interface Validation {
  readonly suite: string;
  readonly success: boolean;
  readonly statistics: {
    readonly evaluated: number;
    readonly successful: number;
    readonly unsuccessful: number;
  };
  /** ISO 8601, UTC; absent where the result does not say. */
  readonly ranAt?: string;
  /** The version of Great Expectations. */
  readonly gx?: string;
  /** The expectations that failed: which, on which column. */
  readonly failed: readonly { readonly expectation: string; readonly column?: string }[];
}

/** What stands in the tag `asof.validation.<alias>`. */
export interface ValidationRecord {
  readonly v: 1;
  readonly at: string;
  /** The SHA-256 of the file with the results. */
  readonly file: string;
  readonly table: {
    readonly ref: string;
    readonly id: string;
    readonly version: number;
    /** A SHA-256 over table id, version, snapshot digest and read specification. */
    readonly binding: string;
  };
  readonly results: readonly Validation[];
}

const time = z
  .string()
  .transform((text) => {
    // 0.18 writes 20261123T195030.976645Z in places.
    const iso = text.replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d(?:\.\d+)?)Z?$/,
      '$1-$2-$3T$4:$5:$6Z',
    );
    const instant = Date.parse(iso);
    return Number.isNaN(instant) ? undefined : new Date(instant).toISOString();
  })
  .optional()
  .catch(undefined);
const name = z.string().min(1).max(500).optional().catch(undefined);

const wireExpectation = z
  .object({
    success: z.boolean().nullish(),
    expectation_config: z.object({
      /** `expectation_type` before 1.0. */
      type: name,
      expectation_type: name,
      kwargs: z.object({ column: name }).optional().catch(undefined),
    }),
  })
  .transform(({ success, expectation_config: { type, expectation_type, kwargs } }) => ({
    isFailed: success === false,
    expectation: type ?? expectation_type ?? 'an expectation',
    ...(kwargs?.column !== undefined && { column: kwargs.column }),
  }));

const wireResult = z
  .object({
    success: z.boolean(),
    results: z.array(wireExpectation),
    suite_name: name,
    statistics: z
      .object({
        evaluated_expectations: z.int().min(0),
        successful_expectations: z.int().min(0),
        unsuccessful_expectations: z.int().min(0),
      })
      .optional(),
    meta: z
      .object({
        great_expectations_version: name,
        expectation_suite_name: name,
        validation_time: time,
        run_id: z.object({ run_time: time }).optional().catch(undefined),
      })
      .optional()
      .catch(undefined),
  })
  .transform(({ success, results, suite_name, statistics, meta }): Validation => {
    const failed = results.filter(({ isFailed }) => isFailed);
    const ranAt = meta?.run_id?.run_time ?? meta?.validation_time;
    const gx = meta?.great_expectations_version;
    return {
      suite: suite_name ?? meta?.expectation_suite_name ?? 'a suite without a name',
      success,
      statistics: {
        evaluated: statistics?.evaluated_expectations ?? results.length,
        successful: statistics?.successful_expectations ?? results.length - failed.length,
        unsuccessful: statistics?.unsuccessful_expectations ?? failed.length,
      },
      ...(ranAt !== undefined && { ranAt }),
      ...(gx !== undefined && { gx }),
      failed: failed.map(({ expectation, column }) => ({
        expectation,
        ...(column !== undefined && { column }),
      })),
    };
  });

/** A checkpoint's: its results by identifier, in 0.18 one level deeper. */
const wireCheckpoint = z
  .object({
    run_results: z.record(
      z.string(),
      z.union([
        z.object({ validation_result: wireResult }).transform((one) => one.validation_result),
        wireResult,
      ]),
    ),
  })
  .transform(({ run_results }) => Object.values(run_results));

/** `CheckpointResult.describe()` of 1.x. */
const wireDescribed = z
  .object({
    success: z.boolean(),
    validation_results: z.array(
      z
        .object({
          success: z.boolean(),
          statistics: z.object({
            evaluated_expectations: z.int().min(0),
            successful_expectations: z.int().min(0),
            unsuccessful_expectations: z.int().min(0),
          }),
          expectations: z.array(
            z.object({
              expectation_type: name,
              success: z.boolean().nullish(),
              kwargs: z.object({ column: name }).optional().catch(undefined),
            }),
          ),
          suite_name: name,
          asset_name: name,
        })
        .transform(
          ({ success, statistics, expectations, suite_name, asset_name }): Validation => ({
            suite:
              suite_name ?? (asset_name ? `a suite over ${asset_name}` : 'a suite without a name'),
            success,
            statistics: {
              evaluated: statistics.evaluated_expectations,
              successful: statistics.successful_expectations,
              unsuccessful: statistics.unsuccessful_expectations,
            },
            failed: expectations
              .filter((one) => one.success === false)
              .map(({ expectation_type, kwargs }) => ({
                expectation: expectation_type ?? 'an expectation',
                ...(kwargs?.column !== undefined && { column: kwargs.column }),
              })),
          }),
        ),
    ),
  })
  .transform(({ validation_results }) => validation_results);

const wireFile = z.union([wireCheckpoint, wireDescribed, wireResult.transform((one) => [one])]);

/**
 * Reads a file of Great Expectations: a validation result of 1.x or 0.18, or a checkpoint's. Undefined when it is none, or an empty one.
 * Of the observed values in it, nothing is taken.
 */
export function parseValidationFile(
  text: string,
): { readonly results: readonly Validation[]; readonly sha256: string } | undefined {
  const results = wireFile.safeParse(jsonOf(asJson(text))).data;
  if (results === undefined || results.length === 0) return;
  return { results, sha256: createHash('sha256').update(text).digest('hex') };
}

const wireRecord: z.ZodType<ValidationRecord> = z.object({
  v: z.literal(1),
  at: z.iso.datetime(),
  file: z.string(),
  table: z.object({ ref: z.string(), id: z.string(), version: z.int(), binding: z.string() }),
  results: z.array(
    z.object({
      suite: z.string(),
      success: z.boolean(),
      statistics: z.object({
        evaluated: z.int(),
        successful: z.int(),
        unsuccessful: z.int(),
      }),
      ranAt: z.iso.datetime().exactOptional(),
      gx: z.string().exactOptional(),
      failed: z.array(z.object({ expectation: z.string(), column: z.string().exactOptional() })),
    }),
  ),
});

export function parseValidationTag(text: string): ValidationRecord | undefined {
  return wireRecord.safeParse(jsonOf(asJson(text))).data;
}

/** Python writes NaN and infinities, which JSON does not have; none is looked at. */
function asJson(text: string): string {
  return text.replace(/(?<=[:[,]\s*)(?:NaN|-?Infinity)(?=\s*[,}\]])/g, 'null');
}
