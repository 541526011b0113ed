import type { z } from 'zod';
import { LineageError } from '../../base/errors.ts';
import type { ModelVersion } from '../model.ts';
import type { CallOptions } from '../run-store.ts';
import type { MlflowClient } from './client.ts';
import { type ModelHead, wireModelPage, wireVersionPage } from './wire-model.ts';

/** Registered models by name, a page in memory at a time. */
export function searchModels(
  client: MlflowClient,
  pageSize: number,
  options?: CallOptions,
): AsyncGenerator<ModelHead, void, void> {
  // Unity Catalog knows no order.
  const query = {
    ...(!client.isUnityCatalog && { order_by: 'name ASC' }),
    max_results: client.isUnityCatalog ? Math.min(pageSize, 100) : pageSize,
  };
  return pages(client, 'registered-models/search', query, wireModelPage, options);
}

/** Model versions that match a filter, or all of them. They come without their aliases. */
export function searchVersions(
  client: MlflowClient,
  filter: string | undefined,
  pageSize: number,
  options?: CallOptions,
): AsyncGenerator<ModelVersion, void, void> {
  const most = client.isUnityCatalog ? Math.min(pageSize, 100) : pageSize;
  const query = { filter, max_results: most };
  return pages(client, 'model-versions/search', query, wireVersionPage, options);
}

/**
 * A filter for a name: the versions of that name are among what it finds. MLflow knows no escape for a quote, and answers
 * nothing, with HTTP 200, to one that is doubled: so the other quote goes around it, and where both occur a LIKE with
 * a wildcard in the place of each.
 */
export function nameFilter(name: string): string {
  if (!name.includes("'")) return `name = '${name}'`;
  if (!name.includes('"')) return `name = "${name}"`;
  return `name LIKE '${name.replaceAll("'", '_')}'`;
}

async function* pages<T>(
  client: MlflowClient,
  route: string,
  query: Readonly<Record<string, string | number | undefined>>,
  schema: z.ZodType<{ readonly items: readonly T[]; readonly next: string | undefined }>,
  options?: CallOptions,
): AsyncGenerator<T, void, void> {
  let token: string | undefined;
  do {
    const page = await client.get(route, { ...query, page_token: token }, schema, options);
    yield* page.items;
    if (page.next !== undefined && page.next === token) {
      const problem = `It answers page after page with the same next_page_token, ${token}.`;
      throw new LineageError('UNEXPECTED_RESPONSE', { source: `GET ${route}`, problem });
    }
    token = page.next;
  } while (token !== undefined);
}
