import { isLineageError, type LineageError } from '../base/errors.ts';
import type { DeltaTable, DeltaTables } from '../delta/delta-table.ts';
import { parseTableName } from '../delta/table-ref.ts';
import type { VersionFacts } from '../delta/version-facts.ts';

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** A table that a record names, or why it can't be looked at. */
export type Opened =
  | { readonly table: DeltaTable; readonly failure?: undefined }
  | { readonly table?: undefined; readonly failure: LineageError };

export function openTable(ref: string, tables: DeltaTables): Opened {
  return opened(() => tables.open(parseTableName(ref)));
}

export function opened(open: () => DeltaTable): Opened {
  try {
    return { table: open() };
  } catch (error) {
    if (isLineageError(error)) return { failure: error };
    throw error;
  }
}

export type LatestVersion = Pick<VersionFacts, 'version' | 'tableId' | 'location'>;

/** A table as it stands now. */
export interface FoundTable {
  readonly table: DeltaTable;
  readonly latest: LatestVersion;
  /** Its id is the one looked for; true also where none was known to look for. */
  readonly isSame: boolean;
}

/**
 * The table that some record means: of the places named, the first that holds the table of that id, or else the first that holds any.
 * A name can point elsewhere by now, and then the recorded location may still have it.
 */
export async function findTable(
  places: readonly string[],
  id: string | undefined,
  tables: DeltaTables,
  {
    latestOf = latestVersionOf,
    ...options
  }: CallOptions & {
    readonly latestOf?: (table: DeltaTable, options: CallOptions) => Promise<LatestVersion>;
  },
): Promise<FoundTable | { readonly failure: LineageError }> {
  let other: FoundTable | undefined;
  let failure: LineageError | undefined;
  const seen = new Set<string>();
  for (const place of places) {
    const opened = openTable(place, tables);
    if (opened.failure) {
      failure ??= opened.failure;
      continue;
    }
    const { table } = opened;
    if (seen.has(table.location)) continue;
    seen.add(table.location);
    try {
      const latest = await latestOf(table, options);
      const isSame = id === undefined || id === latest.tableId;
      if (isSame) return { table, latest, isSame };
      other ??= { table, latest, isSame };
    } catch (error) {
      if (!isLineageError(error)) throw error;
      failure ??= error;
    }
  }
  if (other !== undefined) return other;
  if (failure !== undefined) return { failure };
  throw new TypeError('one place at least');
}

async function latestVersionOf(table: DeltaTable, options: CallOptions): Promise<LatestVersion> {
  const { version } = await table.history.resolve({ kind: 'latest' }, options);
  return await table.facts.at(version, options);
}
