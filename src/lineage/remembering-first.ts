import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';

/** `RunSearch.firstWith` that asks once for each dataset of an experiment: many runs were trained on the same. */
export function rememberingFirst({
  firstWith,
}: Pick<RunSearch, 'firstWith'>): RunSearch['firstWith'] {
  const known = new Map<string, Promise<Run | undefined>>();
  return (experimentId, input, options) => {
    const key = JSON.stringify([experimentId, input.name, input.digest]);
    const found = known.get(key) ?? firstWith(experimentId, input, options);
    known.set(key, found);
    return found;
  };
}
