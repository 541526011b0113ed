import { LineageError } from '../base/errors.ts';
import type { LoggedModel, ModelVersion } from '../registry/model.ts';
import type { ModelRef } from '../registry/model-ref.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Run } from '../registry/run.ts';
import type { RunStore } from '../registry/run-store.ts';
import type { CallOptions } from './find-table.ts';

/** One thing whose data is asked for: a model version, a logged model or a run. */
export interface Subject {
  readonly version?: ModelVersion;
  readonly loggedModel?: LoggedModel;
  /** Absent when a model does not say which run made it. */
  readonly runId?: string;
  /** The run itself, where it is at hand. */
  readonly run?: Run;
  /** The run itself was asked for, so that it has to be there. */
  readonly isRunAsked: boolean;
}

/** What a model reference stands for; several versions for a name alone and, at times, for a stage. */
export async function subjectsOf(
  ref: ModelRef,
  {
    models,
  }: {
    readonly models: Pick<
      ModelRegistry,
      'model' | 'version' | 'inStage' | 'byAlias' | 'loggedModel'
    >;
  },
  options: CallOptions,
): Promise<readonly Subject[]> {
  switch (ref.kind) {
    case 'run':
      return [{ runId: ref.runId, isRunAsked: true }];
    case 'logged-model': {
      const loggedModel = await models.loggedModel(ref.id, options);
      const { runId } = loggedModel;
      return [{ loggedModel, isRunAsked: false, ...(runId !== undefined && { runId }) }];
    }
    case 'name':
      return (await models.model(ref.name, options)).versions.map(subjectOf);
    case 'latest': {
      // As MLflow has it: the highest number, whatever its stage.
      const latest = (await models.model(ref.name, options)).versions.at(-1);
      return latest === undefined ? [] : [subjectOf(latest)];
    }
    case 'version':
      return [subjectOf(await models.version(ref.name, ref.version, options))];
    case 'stage':
      return (await models.inStage(ref.name, ref.stage, options)).map(subjectOf);
    case 'alias':
      return [subjectOf(await models.byAlias(ref.name, ref.alias, options))];
  }
}

export function subjectOf(version: ModelVersion): Subject {
  const { runId } = version;
  return { version, isRunAsked: false, ...(runId !== undefined && { runId }) };
}

/**
 * The runs that a model reference stands for.
 *
 * @param text the reference as the user wrote it
 * @throws LineageError MODEL_WITHOUT_RUN, RUN_NOT_FOUND; as `subjectsOf` does
 */
export async function runsOf(
  ref: ModelRef,
  text: string,
  stores: { readonly models: ModelRegistry; readonly runs: RunStore },
  options: CallOptions,
): Promise<readonly Run[]> {
  const runs: Run[] = [];
  for (const { runId } of await subjectsOf(ref, stores, options)) {
    if (runId === undefined) throw new LineageError('MODEL_WITHOUT_RUN', { ref: text });
    runs.push(await stores.runs.get(runId, options));
  }
  return runs;
}

/** Every registered version. */
export async function allVersions(
  models: Pick<ModelRegistry, 'models'>,
  options: CallOptions,
): Promise<readonly ModelVersion[]> {
  const found: ModelVersion[] = [];
  for await (const { versions } of models.models(options)) {
    for (const version of versions) found.push(version);
  }
  return found;
}
