import { z } from 'zod';
import { LineageError } from '../../base/errors.ts';
import type { CallOptions } from '../run-store.ts';
import type { MlflowClient } from './client.ts';
import { wireList, wireText } from './wire-parts.ts';

/** What a search by POST finds, a page in memory at a time. */
export async function* searchPages<T>(
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
