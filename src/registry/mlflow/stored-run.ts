import { LineageError } from '../../base/errors.ts';
import type { CallOptions } from '../run-store.ts';
import { type MlflowClient, refusalOf } from './client.ts';
import { type StoredRun, wireRunAnswer } from './wire-run.ts';

/** A run, deleted or not. @throws LineageError RUN_NOT_FOUND */
export async function storedRun(
  client: MlflowClient,
  runId: string,
  options?: CallOptions,
): Promise<StoredRun> {
  try {
    return await client.get('runs/get', { run_id: runId }, wireRunAnswer, options);
  } catch (error) {
    // MLflow calls an empty id an invalid parameter.
    const codes = ['RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE'] as const;
    if (refusalOf(error, ...codes) === undefined) throw error;
    throw new LineageError('RUN_NOT_FOUND', { runId, registry: client.title }, { cause: error });
  }
}

/** A run that can be written to. @throws LineageError RUN_NOT_FOUND, for a deleted one too */
export async function livingRun(
  client: MlflowClient,
  runId: string,
  options?: CallOptions,
): Promise<StoredRun> {
  const stored = await storedRun(client, runId, options);
  if (!stored.run.isDeleted) return stored;
  throw new LineageError('RUN_NOT_FOUND', { runId, registry: client.title });
}
