import { createHash } from 'node:crypto';
import type { CallOptions } from '../run-store.ts';
import { type MlflowClient, refusalOf } from './client.ts';
import { searchModels } from './model-search.ts';
import { wireVersionPage } from './wire-model.ts';

/**
 * What MLflow's registry shows of any change but that of a version's tags, without listing the versions. A model's time of update moves
 * when a version of it comes, goes or is moved, and a version's own also when it is described anew; aliases stand with the model
 * (`sqlalchemy_store.py` of MLflow 3.17). Undefined for a server that can't give the newest version first.
 */
export async function registryFingerprint(
  client: MlflowClient,
  pageSize: number,
  options?: CallOptions,
): Promise<string | undefined> {
  const query = { max_results: 1, order_by: 'last_updated_timestamp DESC' };
  const newest = client
    .get('model-versions/search', query, wireVersionPage, options)
    .catch((error: unknown) => {
      if (refusalOf(error, 'INVALID_PARAMETER_VALUE') !== undefined) return;
      throw error;
    });
  // Awaited below; until then a failure of the other search comes first.
  newest.catch(() => {});
  const hash = createHash('sha256');
  for await (const { aliases, ...head } of searchModels(client, pageSize, options)) {
    hash.update(JSON.stringify([head, [...aliases]]));
  }
  const page = await newest;
  if (page === undefined) return;
  return hash.update(JSON.stringify(page.items)).digest('hex');
}
