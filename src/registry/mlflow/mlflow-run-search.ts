import { z } from 'zod';
import { mapParallel } from '../../base/parallel.ts';
import type { Run } from '../run.ts';
import type { DatasetName, RunSearch, RunTagger } from '../run-search.ts';
import type { CallOptions } from '../run-store.ts';
import { type MlflowClient, refusalOf, wireNothing } from './client.ts';
import { experimentIds, searchPages } from './search-pages.ts';
import type { MlflowSettings } from './settings.ts';
import { wireList, wireText } from './wire-parts.ts';
import { wireStoredRun } from './wire-run.ts';

const wireRuns = z
  .object({ runs: wireList(wireStoredRun), next_page_token: wireText })
  .transform((page) => ({ items: page.runs.map(({ run }) => run), next: page.next_page_token }));

const parentTag = 'tags.`mlflow.parentRunId`';
/** Children of all runs that are looked for together. */
const childrenAtOnce = 1000;

/** How many datasets one request asks for. */
const datasetsAtOnce = 100;

const keyOf = ({ name, digest }: DatasetName) => JSON.stringify([name, digest]);

/** How many runs one request asks for by their ids: MLflow makes one SQL statement of them. */
const idsAtOnce = 200;

/** Searches over the runs of an MLflow server. It wants the experiments named, so those are asked for first. */
export function mlflowRunSearch(
  client: MlflowClient,
  { pageSize = 1000 }: Pick<MlflowSettings, 'pageSize'>,
): RunSearch {
  const experiments = (options?: CallOptions) => experimentIds(client, pageSize, options);

  const search = (query: object, options?: CallOptions) =>
    searchPages(client, 'runs/search', { run_view_type: 'ALL', ...query }, wireRuns, options);

  async function first(query: object, limit: number, options?: CallOptions) {
    const found: Run[] = [];
    const order_by = ['attributes.start_time ASC'];
    for await (const run of search({ ...query, order_by, max_results: limit }, options)) {
      found.push(run);
      if (found.length === limit) break;
    }
    return found;
  }

  /**
   * Looks for the first runs of many datasets in one list of runs, the oldest first, as long as that goes on finding some.
   *
   * @param found runs by dataset, added to
   * @returns those to be asked for one by one: the runs of a few datasets fill the list
   */
  async function leftOver(
    experimentId: string,
    datasets: readonly DatasetName[],
    found: Map<string, Run>,
    options?: CallOptions,
  ): Promise<readonly DatasetName[]> {
    // MLflow reads a list of texts as Python does, where a backslash is more than itself.
    const odd = datasets.filter(({ digest }) => digest.includes('\\'));
    let open = datasets.filter((dataset) => !odd.includes(dataset));
    while (open.length > 1) {
      const filter = `dataset.digest IN (${open.map(({ digest }) => `'${digest}'`).join(', ')})`;
      const limit = 2 * open.length;
      const query = { experiment_ids: [experimentId], filter };
      const runs = await unlessRefused(() => first(query, limit, options));
      if (runs === undefined) break;
      const keys = new Set(open.map(keyOf));
      for (const run of runs) {
        for (const key of run.inputs.map(keyOf)) {
          if (keys.has(key) && !found.has(key)) found.set(key, run);
        }
      }
      if (runs.length < limit) return odd;
      const left = open.filter((dataset) => !found.has(keyOf(dataset)));
      if (left.length > open.length / 2) return [...odd, ...left];
      open = left;
    }
    return [...odd, ...open];
  }

  return {
    async *all({ since, ...options } = {}) {
      const experiment_ids = await experiments(options);
      if (experiment_ids.length === 0) return;
      yield* search(
        {
          experiment_ids,
          max_results: pageSize,
          order_by: ['attributes.start_time DESC'],
          ...(since !== undefined && { filter: `attributes.start_time >= ${since}` }),
        },
        options,
      );
    },

    async byIds(ids, options) {
      const found = new Map<string, Run>();
      const wanted = [...new Set(ids)].filter((id) => /^[\w-]+$/.test(id));
      const experiment_ids = wanted.length === 0 ? [] : await experiments(options);
      if (experiment_ids.length === 0) return found;
      for (let start = 0; start < wanted.length; start += idsAtOnce) {
        const list = wanted.slice(start, start + idsAtOnce).map((id) => `'${id}'`);
        const filter = `attributes.run_id IN (${list.join(', ')})`;
        const query = { experiment_ids, filter, max_results: Math.min(pageSize, idsAtOnce) };
        for await (const run of search(query, options)) found.set(run.id, run);
      }
      return found;
    },

    childrenOf: ({ id, experimentId }, limit, options) =>
      first(
        {
          experiment_ids: [experimentId],
          filter: `${parentTag} = '${id}'`,
          run_view_type: 'ACTIVE_ONLY',
        },
        limit,
        options,
      ),

    async parentIds(options) {
      const experiment_ids = await experiments(options);
      if (experiment_ids.length === 0) return new Set();
      const query = {
        experiment_ids,
        filter: `${parentTag} LIKE '%'`,
        run_view_type: 'ACTIVE_ONLY',
        max_results: childrenAtOnce,
      };
      const page = await unlessRefused(() => client.post('runs/search', query, wireRuns, options));
      if (page === undefined || page.next !== undefined) return;
      return new Set(page.items.map(({ tags }) => tags['mlflow.parentRunId'] ?? ''));
    },

    async firstWith(experimentId, datasets, options) {
      const found = new Map<string, Run>();
      // No filter can say a quote.
      const unique = new Map(datasets.map((dataset) => [keyOf(dataset), dataset]));
      const wanted = [...unique.values()].filter(({ name, digest }) => !/['"]/.test(name + digest));
      for (let start = 0; start < wanted.length; start += datasetsAtOnce) {
        const some = wanted.slice(start, start + datasetsAtOnce);
        for (const dataset of await leftOver(experimentId, some, found, options)) {
          const filter = `dataset.name = '${dataset.name}' AND dataset.digest = '${dataset.digest}'`;
          const [run] = await first({ experiment_ids: [experimentId], filter }, 1, options);
          if (run !== undefined) found.set(keyOf(dataset), run);
        }
      }
      return datasets.map((dataset) => found.get(keyOf(dataset)));
    },
  };
}

/** Undefined where the server knows no such filter. */
async function unlessRefused<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (refusalOf(error, 'INVALID_PARAMETER_VALUE') === undefined) throw error;
    return;
  }
}

/** How many requests run at once: a server with one worker gains nothing by more. */
const writesAtOnce = 4;

/** Tags on many runs: a request a run, and one for many to read them back. */
export function mlflowRunTagger(client: MlflowClient, search: RunSearch): RunTagger {
  return {
    async setTags(entries, options) {
      await mapParallel(
        entries,
        writesAtOnce,
        async ({ runId, tags }) => {
          const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
          const body = { run_id: runId, tags: list };
          try {
            await client.post('runs/log-batch', body, wireNothing, options);
          } catch (error) {
            // A run that was deleted meanwhile is found missing below.
            const codes = ['RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE'] as const;
            if (refusalOf(error, ...codes) === undefined) throw error;
          }
        },
        options,
      );
      const stored = await search.byIds(
        entries.map(({ runId }) => runId),
        options,
      );
      return entries
        .filter(({ runId, tags }) =>
          Object.entries(tags).some(([key, value]) => stored.get(runId)?.tags[key] !== value),
        )
        .map(({ runId }) => runId);
    },
  };
}
