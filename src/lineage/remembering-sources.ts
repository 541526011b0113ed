import type { DeltaTables } from '../delta/delta-table.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';
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
  const known = new Map<string, Promise<Run | undefined>>();
  return (experimentId, input, options) => {
    const key = JSON.stringify([experimentId, input.name, input.digest]);
    const found = known.get(key) ?? firstWith(experimentId, input, options);
    known.set(key, found);
    return found;
  };
}
