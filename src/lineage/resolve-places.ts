import { isLineageError } from '../base/errors.ts';
import type { DeltaTables } from '../delta/delta-table.ts';
import type { Evidence } from './evidence.ts';
import { type CallOptions, openTable } from './find-table.ts';
import type { Warning } from './result/parts.ts';

/** How far above a file its table may lie: a folder a partition column, and some. */
const mostFolders = 8;

/**
 * Finds which of the places that records name are Delta tables, or lie in one: then the table takes their place, with the file inside it.
 * What is no Delta table is left out; what can't be looked at stays, with a warning. A moment that a record names becomes the version that
 * was the latest then.
 */
export async function resolvePlaces(
  evidence: readonly Evidence[],
  tables: DeltaTables,
  options: CallOptions,
): Promise<{ readonly evidence: readonly Evidence[]; readonly warnings: readonly Warning[] }> {
  const resolved: Evidence[] = [];
  const warnings: Warning[] = [];
  for (const item of evidence) {
    if (!item.isPlace && item.instant === undefined) {
      resolved.push(item);
      continue;
    }
    const placed = item.isPlace ? await resolvePlace(item, tables, options) : { item };
    const found = placed.item && (await resolveMoment(placed.item, tables, options));
    if (found !== undefined) resolved.push(found.item);
    warnings.push(...[placed.warning, found?.warning].filter((one) => one !== undefined));
  }
  return { evidence: resolved, warnings };
}

async function resolveMoment(
  { instant, ...item }: Evidence,
  tables: DeltaTables,
  options: CallOptions,
): Promise<{ readonly item: Evidence; readonly warning?: Warning }> {
  if (instant === undefined) return { item };
  try {
    const opened = openTable(item.ref, tables);
    if (opened.failure) throw opened.failure;
    const moment = { kind: 'instant', instant } as const;
    const { version } = await opened.table.history.resolve(moment, options);
    return { item: { ...item, version } };
  } catch (error) {
    if (!isLineageError(error)) throw error;
    const message = `${item.where} names a moment of ${item.ref}, and which version that was is not known: ${error.message}`;
    return { item, warning: { code: 'VERSION_UNREADABLE', message } };
  }
}

async function resolvePlace(
  item: Evidence,
  tables: DeltaTables,
  options: CallOptions,
): Promise<{ readonly item?: Evidence; readonly warning?: Warning }> {
  const { isPlace: _, ...rest } = item;
  const place = plainPlace(item.ref);
  let at = place;
  for (let up = 0; up <= mostFolders; up++) {
    const opened = openTable(at, tables);
    try {
      if (opened.failure) throw opened.failure;
      await opened.table.history.resolve({ kind: 'latest' }, options);
      const inside = place.slice(at.length).replace(/^[\\/]+/, '');
      const file = /\.parquet$/i.test(inside) ? inside : undefined;
      return { item: { ...rest, ref: at, ...(file !== undefined && { files: [file] }) } };
    } catch (error) {
      if (!isLineageError(error)) throw error;
      const isElsewhere =
        isLineageError(error, 'STORE_UNSUPPORTED') || isLineageError(error, 'ACCESS_DENIED');
      if (isElsewhere) {
        const message = `${item.where} names ${item.ref}, which may be a Delta table, but was not looked at: ${error.message}`;
        return { item: rest, warning: { code: 'TABLE_UNCHECKED', message } };
      }
    }
    const parent = parentOf(at);
    if (parent === undefined) break;
    at = parent;
  }
  return {};
}

/** Without `file:`, and up to the first wildcard. */
function plainPlace(place: string): string {
  const path = place.replace(/^file:(?=\/)(?:\/\/(?=\/))?/i, '');
  const wild = path.search(/[*?[{]/);
  return wild < 0 ? path : path.slice(0, Math.max(path.lastIndexOf('/', wild), 1));
}

function parentOf(place: string): string | undefined {
  if (!/[\\/]/.test(place)) return;
  const parent = place.replace(/[\\/]+$/, '').replace(/[\\/][^\\/]*$/, '');
  return parent === '' || parent === place || /^[a-z][a-z0-9+.-]*:\/*$/i.test(parent)
    ? undefined
    : parent;
}
