import { z } from 'zod';
import type { CallOptions } from '../run-store.ts';
import type { MlflowClient } from './client.ts';
import { type Page, pages } from './pages.ts';
import { wireList, wireText } from './wire-parts.ts';

/** What a search by POST finds, a page in memory at a time. */
export function searchPages<T>(
  client: MlflowClient,
  route: string,
  body: object,
  schema: z.ZodType<Page<T>>,
  options?: CallOptions,
): AsyncGenerator<T, void, void> {
  return pages(`POST ${route}`, (token) =>
    client.post(
      route,
      token === undefined ? body : { ...body, page_token: token },
      schema,
      options,
    ),
  );
}

const wireExperiments = z
  .object({
    experiments: wireList(z.object({ experiment_id: z.coerce.string() })),
    next_page_token: wireText,
  })
  .transform((page) => ({
    items: page.experiments.map(({ experiment_id }) => experiment_id),
    next: page.next_page_token,
  }));

/** Of all experiments, deleted ones too: searches want them named. */
export async function experimentIds(
  client: MlflowClient,
  pageSize: number,
  options?: CallOptions,
): Promise<readonly string[]> {
  const ids: string[] = [];
  const body = { view_type: 'ALL', max_results: pageSize };
  for await (const id of searchPages(
    client,
    'experiments/search',
    body,
    wireExperiments,
    options,
  )) {
    ids.push(id);
  }
  return ids;
}
