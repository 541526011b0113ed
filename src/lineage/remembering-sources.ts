import type { DeltaTables } from '../delta/delta-table.ts';
import {
  type DatasetName,
  datasetKey,
  type FirstRun,
  type RunSearch,
} from '../registry/run-search.ts';
import { rememberingTables } from './remembering-tables.ts';

interface Remembered {
  readonly tables: DeltaTables;
  readonly search?: Partial<RunSearch>;
}

/** Sources for a command that asks the same of thousands of runs: of tables, and of the first run with a dataset, it is asked once. */
export function rememberingSources<S extends Remembered>(sources: S): S {
  const { tables, search } = sources;
  return {
    ...sources,
    tables: rememberingTables(tables),
    ...(search?.firstWith && {
      search: { ...search, firstWith: rememberingFirst(search.firstWith) },
    }),
  };
}

function rememberingFirst(firstWith: RunSearch['firstWith']): RunSearch['firstWith'] {
  const known = new Map<string, Promise<FirstRun | undefined>>();
  return async (experimentId, datasets, options) => {
    const keyOf = (dataset: DatasetName) => datasetKey(experimentId, dataset);
    const asked = datasets.filter((dataset) => !known.has(keyOf(dataset)));
    if (asked.length > 0) {
      const answer = firstWith(experimentId, asked, options);
      asked.forEach((dataset, index) => {
        known.set(
          keyOf(dataset),
          answer.then((found) => found[index]),
        );
      });
    }
    return await Promise.all(datasets.map((dataset) => known.get(keyOf(dataset))));
  };
}
