import { LineageError } from '../../base/errors.ts';
import type { ModelVersion } from '../model.ts';
import type { NewModelVersion } from '../model-registry.ts';
import type { CallOptions } from '../run-store.ts';
import { type MlflowClient, refusalOf, wireNothing } from './client.ts';
import { findHead } from './model-head.ts';
import { livingRun } from './stored-run.ts';
import { loggedModelIdIn, wireVersionAnswer } from './wire-model.ts';
import type { StoredRun } from './wire-run.ts';

/**
 * Makes the next version of a model, and the model if there is none of that name.
 *
 * @throws LineageError RUN_NOT_FOUND, NAME_INVALID
 */
export async function registerVersion(
  client: MlflowClient,
  tracking: MlflowClient,
  { name, runId, source, description }: NewModelVersion,
  options?: CallOptions,
): Promise<ModelVersion> {
  const run = await livingRun(tracking, runId, options);
  const files = source ?? filesOf(run);
  if (name.trim() === '') throw unusable(name, 'it is empty');
  if (/[/:]/.test(name)) throw unusable(name, 'it holds a slash or a colon');
  // MLflow keeps prompts among the models, and would take a model version as the next version of a prompt.
  if ((await findHead(client, name, options))?.isPrompt) {
    throw unusable(name, 'a prompt has that name');
  }
  const model_id = loggedModelIdIn(files);
  const body = {
    name,
    run_id: runId,
    source: files,
    // MLflow 3.17 takes models:/m-… as a source only beside the id in it.
    ...(model_id !== undefined && { model_id }),
    ...(description !== undefined && { description }),
  };
  const create = () => client.create('model-versions/create', body, wireVersionAnswer, options);
  try {
    return await create();
  } catch (error) {
    if (refusalOf(error, 'RESOURCE_DOES_NOT_EXIST') === undefined) throw error;
  }
  // The version that the source names may be what is missing, and then no model is to be made.
  const [, of, version] = /^models:\/+([^/]+)\/(\d+)$/.exec(files) ?? [];
  if (of !== undefined && version !== undefined) {
    await client.get('model-versions/get', { name: of, version }, wireNothing, options);
  }
  await createModel(client, name, options);
  return create();
}

async function createModel(client: MlflowClient, name: string, options?: CallOptions) {
  try {
    await client.create('registered-models/create', { name }, wireNothing, options);
  } catch (error) {
    // Another process may have made it after we had looked.
    if (refusalOf(error, 'RESOURCE_ALREADY_EXISTS') !== undefined) return;
    const refusal = refusalOf(error, 'INVALID_PARAMETER_VALUE');
    if (refusal === undefined) throw error;
    throw unusable(name, refusal.replace(/\.$/, ''), error);
  }
}

/** MLflow 3 logs a model beside the run, older clients below its artifacts, by custom as `model`. */
function filesOf({ run }: StoredRun): string {
  const [only, ...others] = run.loggedModelIds ?? [];
  return only !== undefined && others.length === 0 ? `models:/${only}` : `runs:/${run.id}/model`;
}

function unusable(name: string, problem: string, cause?: unknown) {
  return new LineageError(
    'NAME_INVALID',
    { what: 'the name of a model', name, problem },
    { cause },
  );
}
