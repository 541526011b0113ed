import { z } from 'zod';
import { LineageError } from '../../base/errors.ts';
import { mapParallel } from '../../base/parallel.ts';
import type { Run } from '../run.ts';
import type { RunSearch, RunTagger } from '../run-search.ts';
import type { CallOptions } from '../run-store.ts';
import { type MlflowClient, refusalOf, wireNothing } from './client.ts';
import type { MlflowSettings } from './settings.ts';
import { wireList, wireText } from './wire-parts.ts';
import { wireStoredRun } from './wire-run.ts';

const wireExperiments = z
  .object({
    experiments: wireList(z.object({ experiment_id: z.coerce.string() })),
    next_page_token: wireText,
  })
  .transform((page) => ({
    items: page.experiments.map(({ experiment_id }) => experiment_id),
    next: page.next_page_token,
  }));

const wireRuns = z
  .object({ runs: wireList(wireStoredRun), next_page_token: wireText })
  .transform((page) => ({ items: page.runs.map(({ run }) => run), next: page.next_page_token }));

/** How many runs one request asks for by their ids: MLflow makes one SQL statement of them. */
const idsAtOnce = 200;

/** Searches over the runs of an MLflow server. It wants the experiments named, so those are asked for first. */
export function mlflowRunSearch(
  client: MlflowClient,
  { pageSize = 1000 }: Pick<MlflowSettings, 'pageSize'>,
): RunSearch {
  async function experiments(options?: CallOptions): Promise<readonly string[]> {
    const ids: string[] = [];
    const body = { view_type: 'ALL', max_results: pageSize };
    for await (const id of pages(client, 'experiments/search', body, wireExperiments, options)) {
      ids.push(id);
    }
    return ids;
  }

  const search = (query: object, options?: CallOptions) =>
    pages(client, 'runs/search', { run_view_type: 'ALL', ...query }, wireRuns, options);

  async function first(query: object, limit: number, options?: CallOptions) {
    const found: Run[] = [];
    const order_by = ['attributes.start_time ASC'];
    for await (const run of search({ ...query, order_by, max_results: limit }, options)) {
      found.push(run);
      if (found.length === limit) break;
    }
    return found;
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
          filter: `tags.\`mlflow.parentRunId\` = '${id}'`,
          run_view_type: 'ACTIVE_ONLY',
        },
        limit,
        options,
      ),

    async firstWith(experimentId, { name, digest }, options) {
      // No filter can say a quote.
      if (/['"]/.test(name + digest)) return;
      const filter = `dataset.name = '${name}' AND dataset.digest = '${digest}'`;
      const [run] = await first({ experiment_ids: [experimentId], filter }, 1, options);
      return run;
    },
  };
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

async function* pages<T>(
  client: MlflowClient,
  route: string,
  body: object,
  schema: z.ZodType<{ readonly items: readonly T[]; readonly next: string | undefined }>,
  options?: CallOptions,
): AsyncGenerator<T, void, void> {
  let token: string | undefined;
  do {
    const query = { ...body, ...(token !== undefined && { page_token: token }) };
    const page = await client.post(route, query, schema, options);
    yield* page.items;
    if (page.next !== undefined && page.next === token) {
      const problem = `It answers page after page with the same next_page_token, ${token}.`;
      throw new LineageError('UNEXPECTED_RESPONSE', { source: `POST ${route}`, problem });
    }
    token = page.next;
  } while (token !== undefined);
}
