import { z } from 'zod';
import { int64 } from '../../base/wire.ts';
import { withoutUndefined } from '../../base/without-undefined.ts';
import { type Run, type RunInput, runStatuses } from '../run.ts';
import { wireEntries, wireList, wireText, wireTime } from './wire-parts.ts';

export const contextTag = 'mlflow.data.context';

const wireInput = z
  .object({
    tags: wireEntries,
    dataset: z.object({
      name: z.string(),
      digest: z.string(),
      source_type: wireText,
      source: wireText,
      schema: wireText,
      profile: wireText,
    }),
  })
  .transform(
    ({ tags, dataset }): RunInput =>
      withoutUndefined({
        name: dataset.name,
        digest: dataset.digest,
        sourceType: dataset.source_type ?? '',
        source: dataset.source ?? '',
        context: tags[contextTag],
        schema: dataset.schema,
        profile: dataset.profile,
      }),
  );

/** JSON has neither NaN nor infinities: they come as text, and MLflow's SQL stores keep an infinity as the largest double. */
const wireNumber = z
  .union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity']).transform(Number)])
  .transform((value) => (Math.abs(value) === Number.MAX_VALUE ? value * 2 : value));

const wireMetric = z.object({
  key: z.string(),
  value: wireNumber,
  timestamp: int64.nullish().transform((time) => time ?? 0),
  step: int64.nullish().transform((step) => step ?? 0),
});

export type LastMetric = z.output<typeof wireMetric>;

/** A run as the server has it: what everybody may know, and what only writing to it needs. */
export interface StoredRun {
  readonly run: Run;
  readonly artifactUri: string | undefined;
  readonly lastMetrics: readonly LastMetric[];
}

export const wireStoredRun = z
  .object({
    info: z
      .object({
        run_id: wireText,
        /** The name of `run_id` before MLflow 1.0. */
        run_uuid: wireText,
        run_name: wireText,
        experiment_id: z.coerce.string(),
        status: z.enum(runStatuses).default('RUNNING'),
        start_time: wireTime,
        end_time: wireTime,
        artifact_uri: wireText,
        lifecycle_stage: wireText,
      })
      .refine(({ run_id, run_uuid }) => (run_id ?? run_uuid) !== undefined, 'has no run_id'),
    data: z
      .object({ metrics: wireList(wireMetric), params: wireEntries, tags: wireEntries })
      .optional(),
    inputs: z.object({ dataset_inputs: wireList(wireInput) }).optional(),
    outputs: z.object({ model_outputs: wireList(z.object({ model_id: z.string() })) }).optional(),
  })
  .transform(({ info, data, inputs, outputs }): StoredRun => {
    const metrics = data?.metrics ?? [];
    const tags = data?.tags ?? {};
    const loggedModelIds = (outputs?.model_outputs ?? []).map(({ model_id }) => model_id);
    return {
      run: withoutUndefined({
        id: info.run_id ?? info.run_uuid ?? '',
        name: info.run_name ?? tags['mlflow.runName'],
        experimentId: info.experiment_id,
        status: info.status,
        startedAt: info.start_time,
        endedAt: info.end_time,
        params: data?.params ?? {},
        tags,
        metrics: Object.fromEntries(metrics.map(({ key, value }) => [key, value])),
        inputs: inputs?.dataset_inputs ?? [],
        loggedModelIds: loggedModelIds.length === 0 ? undefined : loggedModelIds,
        isDeleted: info.lifecycle_stage === 'deleted',
      }),
      artifactUri: info.artifact_uri,
      lastMetrics: metrics,
    };
  });

/** What `runs/get` and `runs/create` answer. */
export const wireRunAnswer = z.object({ run: wireStoredRun }).transform(({ run }) => run);

/** What `experiments/get-by-name` answers. */
export const wireExperimentAnswer = z
  .object({
    experiment: z.object({ experiment_id: z.coerce.string(), lifecycle_stage: wireText }),
  })
  .transform(({ experiment }) => ({
    id: experiment.experiment_id,
    isDeleted: experiment.lifecycle_stage === 'deleted',
  }));

/** What `experiments/create` answers. */
export const wireNewExperiment = z
  .object({ experiment_id: z.coerce.string() })
  .transform(({ experiment_id }) => experiment_id);
