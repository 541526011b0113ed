import { LineageError } from '../../base/errors.ts';
import type { CallOptions } from '../run-store.ts';
import { type MlflowClient, refusalOf } from './client.ts';
import { wireExperimentAnswer, wireNewExperiment } from './wire-run.ts';

/** MLflow makes an experiment with this id, called Default, when it makes its database. */
const defaultExperiment = { id: '0' };

/**
 * The experiment by name, made if there is none; else the one by id; else MLflow's default.
 *
 * @throws LineageError NAME_INVALID when the experiment of that name was deleted
 */
export async function findExperiment(
  client: MlflowClient,
  { name, id }: { name?: string | undefined; id?: string | undefined },
  options?: CallOptions,
): Promise<{ readonly id: string; readonly name?: string }> {
  if (name === undefined) return id === undefined ? defaultExperiment : { id };
  const found = await byName(client, name, options);
  if (found !== undefined) return { id: found, name };
  try {
    return {
      id: await client.create('experiments/create', { name }, wireNewExperiment, options),
      name,
    };
  } catch (error) {
    if (refusalOf(error, 'INVALID_PARAMETER_VALUE') !== undefined) throw unusable(name, error);
    if (refusalOf(error, 'RESOURCE_ALREADY_EXISTS') === undefined) throw error;
    // Another process made it after we had looked.
    const made = await byName(client, name, options);
    if (made === undefined) throw error;
    return { id: made, name };
  }
}

async function byName(client: MlflowClient, name: string, options?: CallOptions) {
  const query = { experiment_name: name };
  try {
    const { id, isDeleted } = await client.get(
      'experiments/get-by-name',
      query,
      wireExperimentAnswer,
      options,
    );
    if (!isDeleted) return id;
    throw new LineageError('NAME_INVALID', {
      what: 'the experiment of a run',
      name,
      problem: `the experiment of that name was deleted ('mlflow experiments restore -x ${id}' brings it back)`,
    });
  } catch (error) {
    if (refusalOf(error, 'INVALID_PARAMETER_VALUE') !== undefined) throw unusable(name, error);
    if (refusalOf(error, 'RESOURCE_DOES_NOT_EXIST') !== undefined) return undefined;
    throw error;
  }
}

function unusable(name: string, error: unknown) {
  const problem = refusalOf(error, 'INVALID_PARAMETER_VALUE') ?? 'MLflow refuses it';
  return new LineageError(
    'NAME_INVALID',
    { what: 'the experiment of a run', name, problem: problem.replace(/\.$/, '') },
    { cause: error },
  );
}
