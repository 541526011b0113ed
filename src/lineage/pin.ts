import { LineageError } from '../base/errors.ts';
import type { DeltaTable } from '../delta/delta-table.ts';
import { summarizeFacts } from '../delta/snapshot-summary.ts';
import type { TableVersion } from '../delta/table-history.ts';
import type { Moment } from '../delta/table-ref.ts';
import type { DigestCache } from '../registry/digest-cache.ts';
import { digestRows } from './table-rows.ts';

/** A table resolved to one version, with what tells it from any other table of that name and any other content of that version. */
export interface Pin {
  /** What the training calls the table. */
  readonly alias: string;
  /** The table's name, or its location where it has none. */
  readonly ref: string;
  readonly location: string;
  readonly tableId: string;
  readonly version: number;
  /** Epoch milliseconds, UTC; absent where only a checkpoint is left of the version. */
  readonly committedAt?: number;
  /** The snapshot digest, see `SnapshotSummary`; absent where a warehouse alone knows the table. */
  readonly digest?: string;
  /** By the log's statistics; absent where a file has none. */
  readonly rows?: number;
  /** See `RowDigest`; present when it was asked for. */
  readonly rowDigest?: string;
}

export interface PinRequest {
  readonly alias: string;
  readonly table: DeltaTable;
  readonly moment: Moment;
}

export interface PinOptions {
  /** Reads the rows too, for their digest; what is known of files is kept here. */
  readonly rowDigests?: DigestCache | undefined;
  readonly signal?: AbortSignal;
}

const tries = 10;

/**
 * Resolves tables to versions that all were current at one instant: every latest version is read, then read again, and taken when
 * none moved in between. Tables with a moment of their own are resolved once; they don't move.
 *
 * @throws LineageError PIN_UNSTABLE when some table moved each time; what `TableHistory.resolve` and `TableFacts.at` throw, and
 *   `TableReader.digest` where row digests are asked for
 */
export async function pinTables(
  requests: readonly PinRequest[],
  { rowDigests, ...options }: PinOptions = {},
): Promise<readonly Pin[]> {
  const versions = await versionsAtOneInstant(requests, options);
  return await Promise.all(
    versions.map(async ({ request: { alias, table }, version, committedAt }) => {
      const facts = await table.facts.at(version, options);
      const { digest, rows } = await summarizeFacts(facts, options);
      const digested = rowDigests && (await digestRows(table, facts, rowDigests, options));
      return {
        alias,
        ref: table.name,
        location: facts.location ?? table.location,
        tableId: facts.tableId,
        version,
        ...(digest !== undefined && { digest }),
        ...(committedAt !== undefined && { committedAt }),
        ...(rows !== undefined && { rows }),
        ...(digested && { rows: digested.rows, rowDigest: digested.digest }),
      };
    }),
  );
}

async function versionsAtOneInstant(
  requests: readonly PinRequest[],
  options: { readonly signal?: AbortSignal },
): Promise<readonly (TableVersion & { readonly request: PinRequest })[]> {
  const resolveAll = () =>
    Promise.all(
      requests.map(async (request) => ({
        request,
        ...(await request.table.history.resolve(request.moment, options)),
      })),
    );
  const moving = requests.filter(({ moment }) => moment.kind === 'latest');
  let before = await resolveAll();
  if (requests.length === 1 || moving.length === 0) return before;
  for (let attempt = 0; attempt < tries; attempt++) {
    const after = await resolveAll();
    if (after.every(({ version }, index) => version === before[index]?.version)) return after;
    before = after;
  }
  throw new LineageError('PIN_UNSTABLE', { tables: moving.map(({ table }) => table.name), tries });
}
