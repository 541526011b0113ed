import type { z } from 'zod';
import type { ModelVersion } from '../model.ts';
import type { CallOptions } from '../run-store.ts';
import type { MlflowClient, Query } from './client.ts';
import { type Page, pages } from './pages.ts';
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
  return found(client, 'registered-models/search', query, wireModelPage, options);
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
  return found(client, 'model-versions/search', query, wireVersionPage, options);
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

function found<T>(
  client: MlflowClient,
  route: string,
  query: Query,
  schema: z.ZodType<Page<T>>,
  options?: CallOptions,
): AsyncGenerator<T, void, void> {
  return pages(`GET ${route}`, (token) =>
    client.get(route, { ...query, page_token: token }, schema, options),
  );
}
