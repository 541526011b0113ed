import { isLineageError } from '../base/errors.ts';
import type { ModelVersion } from '../registry/model.ts';
import { parseModelRef } from '../registry/model-ref.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { Run } from '../registry/run.ts';
import type { CallOptions } from './find-table.ts';
import type { Subject } from './subjects.ts';

/** The runs that may have made a model, and which of them made its files. */
export interface ModelMakers {
  /** The run that a model version names. */
  readonly named?: string;
  /** The run whose artifacts the version was registered from. */
  readonly files?: string;
  readonly loggedModelId?: string;
}

/** How many models of a run are looked at. */
const mostModels = 5;

/** The logged models that tell of a run's data: the one that a version was registered from, or those that the run logged. */
export function loggedModelIdsOf(
  registered: string | undefined,
  run: Pick<Run, 'loggedModelIds'> | undefined,
): readonly string[] {
  return registered === undefined ? (run?.loggedModelIds ?? []).slice(0, mostModels) : [registered];
}

/** How often a version may be the copy of another. */
const mostCopies = 5;

/** A version can name one run and hold the files of another: `create_model_version(source="runs:/B/model", run_id="A")`. */
export async function makersOf(
  { version, loggedModel, runId }: Subject,
  models: Pick<ModelRegistry, 'version' | 'loggedModel'>,
  options: CallOptions,
): Promise<ModelMakers> {
  if (version === undefined) {
    return {
      ...(runId !== undefined && { named: runId }),
      ...(loggedModel !== undefined && { loggedModelId: loggedModel.id }),
    };
  }
  const original = await originalOf(version, models, options);
  const loggedModelId = original.loggedModelId ?? version.loggedModelId;
  const files =
    runIdIn(original.source) ??
    // Where the version names its run, MLflow 3 has checked that the logged model is of that run.
    (loggedModelId === undefined || (runId ?? original.runId) !== undefined
      ? undefined
      : await runOf(loggedModelId, models, options)) ??
    original.runId;
  const named = runId ?? original.runId;
  return {
    ...(named !== undefined && { named }),
    ...(files !== undefined && { files }),
    ...(loggedModelId !== undefined && { loggedModelId }),
  };
}

/**
 * The version that a copy was made of: `models:/NAME/VERSION` as its source. One that was made after its copy is another, of a model
 * that was deleted and made again.
 */
async function originalOf(
  version: ModelVersion,
  models: Pick<ModelRegistry, 'version' | 'loggedModel'>,
  options: CallOptions,
): Promise<ModelVersion> {
  let at = version;
  for (let copies = 0; copies < mostCopies; copies++) {
    if (!/^models:\/+[^/]+\/\d+$/.test(at.source ?? '')) break;
    const ref = parseModelRef(at.source ?? '');
    if (ref.kind !== 'version') break;
    try {
      const original = await models.version(ref.name, ref.version, options);
      if ((original.createdAt ?? 0) > (at.createdAt ?? Number.POSITIVE_INFINITY)) break;
      at = original;
    } catch (error) {
      if (!isLineageError(error)) throw error;
      break;
    }
  }
  return at;
}

/** `runs:/ID/model`, or a place below the artifacts of a run. */
function runIdIn(source = ''): string | undefined {
  return (
    /^runs:\/+([^/]+)/.exec(source)?.[1] ?? /\/([0-9a-f]{32})\/artifacts(?:\/|$)/.exec(source)?.[1]
  );
}

async function runOf(
  loggedModelId: string,
  models: Pick<ModelRegistry, 'version' | 'loggedModel'>,
  options: CallOptions,
): Promise<string | undefined> {
  try {
    return (await models.loggedModel(loggedModelId, options)).runId;
  } catch (error) {
    if (!isLineageError(error)) throw error;
    return;
  }
}
