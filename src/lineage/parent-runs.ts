import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';

/** How many runs up are looked at. */
export const mostParents = 3;

/** The runs that some were started in, and those that these were started in, by id: a request or two for each level. */
export async function parentsOf(
  runs: ReadonlyMap<string, Run>,
  search: Pick<RunSearch, 'byIds'>,
  options: { readonly signal?: AbortSignal },
): Promise<ReadonlyMap<string, Run>> {
  const found = new Map<string, Run>();
  let level = runs;
  for (let up = 0; up < mostParents; up++) {
    const ids = [...level.values()].flatMap(({ tags }) => tags['mlflow.parentRunId'] ?? []);
    const unknown = [...new Set(ids)].filter((id) => !found.has(id) && !runs.has(id));
    if (unknown.length === 0) break;
    level = await search.byIds(unknown, options);
    for (const [id, run] of level) found.set(id, run);
  }
  return found;
}
