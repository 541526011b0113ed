import type { CallOptions } from '../run-store.ts';
import { type MlflowClient, refusalOf } from './client.ts';
import { type ModelHead, wireModelAnswer } from './wire-model.ts';

/** What `registered-models/get` says of a name, or undefined when nothing is registered under it. */
export async function findHead(
  client: MlflowClient,
  name: string,
  options?: CallOptions,
): Promise<ModelHead | undefined> {
  try {
    return await client.get('registered-models/get', { name }, wireModelAnswer, options);
  } catch (error) {
    // A name that no model can have is an invalid parameter.
    const codes = ['RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE'] as const;
    if (refusalOf(error, ...codes) === undefined) throw error;
    return undefined;
  }
}
