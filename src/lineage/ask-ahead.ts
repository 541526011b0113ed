import type { ModelRegistry } from '../registry/model-registry.ts';
import type { FirstRunWith } from '../registry/records-beside.ts';
import type { Run } from '../registry/run.ts';
import type { DatasetName, RunSearch } from '../registry/run-search.ts';
import type { CallOptions } from './find-table.ts';
import type { EvidenceSources, RelatedRuns } from './gather-evidence.ts';
import { trainingInputs } from './input-evidence.ts';
import { loggedModelIdsOf } from './model-makers.ts';
import { parentsOf } from './parent-runs.ts';
import { stampTag } from './stamp.ts';
import type { Subject } from './subjects.ts';
import { deltaSource } from './wire-dataset-source.ts';

/** So few that asking for each costs no more than asking for all of an experiment. */
const few = 16;

/**
 * The same sources, of which what judging these subjects will ask for each was asked for together: their runs and the runs that these were
 * started in, the first runs with their datasets, and their logged models.
 *
 * @param given remembers the first runs with datasets: see `rememberingSources`
 */
export async function askedAhead<S extends Pick<EvidenceSources, 'runs' | 'search' | 'models'>>(
  subjects: readonly Subject[],
  given: S,
  options: CallOptions,
): Promise<S> {
  const { runs, search, models } = given;
  if (search === undefined || subjects.length <= few) return given;
  const call = options.signal ? { signal: options.signal } : {};
  const atHand = subjects.flatMap(({ run }) => (run ? [[run.id, run] as const] : []));
  const ids = subjects.flatMap(({ run, runId }) => (run ? [] : (runId ?? [])));
  const asked = new Map([...atHand, ...(await search.byIds(ids, call))]);
  const unstamped = [...asked].filter(([, { tags }]) => tags[stampTag] === undefined);
  const known = new Map([...asked, ...(await parentsOf(new Map(unstamped), search, call))]);
  await firstRuns(asked.values(), search, call);
  const loggedModels = await loggedModelsAhead(subjects, known, models, call);
  return {
    ...given,
    search: { ...search, ...(search.childrenOf && { childrenOf: sparing(search, call) }) },
    runs: { ...runs, get: async (id, own) => known.get(id) ?? (await runs.get(id, own)) },
    models: {
      ...models,
      loggedModel: async (id, own) => loggedModels.get(id) ?? (await models.loggedModel(id, own)),
    },
  };
}

/** Asks nothing for runs that have no children, which mostly are all. */
function sparing(
  { childrenOf, parentIds }: RelatedRuns,
  call: CallOptions,
): RunSearch['childrenOf'] {
  let parents: Promise<ReadonlySet<string> | undefined> | undefined;
  return async (run, limit, options) => {
    parents ??= parentIds?.(call) ?? Promise.resolve(undefined);
    const known = await parents;
    if (known !== undefined && !known.has(run.id)) return [];
    return (await childrenOf?.(run, limit, options)) ?? [];
  };
}

/** Which runs were the first with the datasets that these runs record with a version, as far as there are such runs. */
export async function firstRuns(
  runs: Iterable<Run>,
  search: Partial<Pick<RunSearch, 'firstWith'>> | undefined,
  options: CallOptions,
): Promise<readonly FirstRunWith[]> {
  if (search?.firstWith === undefined) return [];
  const byExperiment = new Map<string, DatasetName[]>();
  for (const { experimentId, inputs, tags } of runs) {
    if (tags[stampTag] !== undefined) continue;
    for (const input of trainingInputs(inputs)) {
      if (deltaSource(input)?.version === undefined) continue;
      const known = byExperiment.get(experimentId);
      if (known === undefined) byExperiment.set(experimentId, [input]);
      else known.push(input);
    }
  }
  const found: FirstRunWith[] = [];
  for (const [experimentId, datasets] of byExperiment) {
    const firsts = await search.firstWith(experimentId, datasets, options);
    for (const [index, dataset] of datasets.entries()) {
      const run = firsts[index];
      if (run !== undefined) found.push({ experimentId, dataset, run });
    }
  }
  return found;
}

async function loggedModelsAhead(
  subjects: readonly Subject[],
  runs: ReadonlyMap<string, Run>,
  models: Pick<ModelRegistry, 'loggedModels'>,
  options: CallOptions,
): ReturnType<ModelRegistry['loggedModels']> {
  const ids = subjects.flatMap(({ version, runId = '' }) => {
    const run = runs.get(runId);
    if (run?.tags[stampTag] !== undefined) return [];
    return loggedModelIdsOf(version?.loggedModelId, run);
  });
  return await models.loggedModels([...new Set(ids)], options);
}
