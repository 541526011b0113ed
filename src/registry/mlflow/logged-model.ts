import { LineageError } from '../../base/errors.ts';
import type { LoggedModel, ModelVersion } from '../model.ts';
import type { CallOptions } from '../run-store.ts';
import { type MlflowClient, refusalOf } from './client.ts';
import { wireLoggedModelAnswer } from './wire-model.ts';

export interface LoggedModelReader {
  /** @throws LineageError LOGGED_MODEL_NOT_FOUND */
  get(id: string, options?: CallOptions): Promise<LoggedModel>;
  /** The version with the run that logged its model, where the registry itself names none. */
  withRun(version: ModelVersion, options?: CallOptions): Promise<ModelVersion>;
}

export function loggedModelReader(client: MlflowClient): LoggedModelReader {
  async function find(id: string, options?: CallOptions): Promise<LoggedModel | undefined> {
    // The id is part of the route: another shape would ask for something else.
    if (!/^m-[-\w]+$/.test(id)) return undefined;
    try {
      return await client.get(`logged-models/${id}`, {}, wireLoggedModelAnswer, options);
    } catch (error) {
      if (refusalOf(error, 'RESOURCE_DOES_NOT_EXIST') !== undefined) return undefined;
      throw error;
    }
  }

  return {
    async get(id, options) {
      const found = await find(id, options);
      if (found !== undefined) return found;
      throw new LineageError('LOGGED_MODEL_NOT_FOUND', { modelId: id, registry: client.title });
    },

    async withRun(version, options) {
      if (version.runId !== undefined || version.loggedModelId === undefined) return version;
      const runId = (await find(version.loggedModelId, options))?.runId;
      return runId === undefined ? version : { ...version, runId };
    },
  };
}
