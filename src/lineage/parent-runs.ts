import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';

/** The runs that some were started in, by id. */
export async function parentsOf(
  runs: ReadonlyMap<string, Run>,
  search: Pick<RunSearch, 'byIds'>,
  options: { readonly signal?: AbortSignal },
): Promise<ReadonlyMap<string, Run>> {
  const ids = [...runs.values()].flatMap(({ tags }) => tags['mlflow.parentRunId'] ?? []);
  return ids.length === 0 ? new Map() : await search.byIds(ids, options);
}
