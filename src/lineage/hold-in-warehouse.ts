import { createHash } from 'node:crypto';
import { isLineageError, LineageError } from '../base/errors.ts';
import type { DeltaTables } from '../delta/delta-table.ts';
import type { CopyRequest, TableCopies } from '../delta/table-copies.ts';
import { formatTableName, parseTableName, type TableName } from '../delta/table-ref.ts';
import type { StampJournal } from '../registry/stamp-journal.ts';
import type { CallOptions } from './find-table.ts';
import { checkedDigest, type Wanted } from './rehydrate.ts';
import { type Hold, holdKind, keptHolds } from './wire-hold.ts';

export interface Held {
  readonly hold: Hold;
  readonly wasHeld: boolean;
}

export function idOfHold(path: string, tableId: string): string {
  return createHash('sha256').update(`${path}\n${tableId}`).digest('hex').slice(0, 12);
}

/** A clone where the warehouse makes such, else a table of the rows; either way its rows are compared with the original's. */
export async function holdInWarehouse(
  wanted: Wanted,
  copies: TableCopies,
  journal: StampJournal,
  options: CallOptions & {
    readonly schema: string | undefined;
    readonly tables: DeltaTables;
    readonly now: () => number;
  },
): Promise<Held> {
  const { table, version, of } = wanted;
  const call = options.signal ? { signal: options.signal } : {};
  const facts = await table.facts.at(version, call);
  await checkedDigest(wanted, facts, options.signal && { signal: options.signal });
  const same = (await keptHolds(journal)).find(
    (one) => one.isInWarehouse && one.table.id === facts.tableId && one.version === version,
  );
  if (same !== undefined && (await isTableThere(same, options.tables, call))) {
    return { hold: same, wasHeld: true };
  }
  const into = nameOfHold(table.name, facts.tableId, version, options.schema);
  const original = await table.reader.digest(facts, call);
  const wasMade = await makeWhole(copies, version, into, call);
  const copy = options.tables.open(into);
  const copied = await copy.facts.at(0, call);
  const { digest } = await copy.reader.digest(copied, call);
  const path = formatTableName(into.parts);
  if (digest !== original.digest) {
    // What somebody else has there is left alone.
    if (!wasMade) throw new LineageError('TARGET_EXISTS', { target: path });
    await copies.drop(into, copied.tableId, call);
    const details = { table: path, version: 0, stamped: original.digest, found: digest };
    throw new LineageError('DIGEST_DIFFERS', details);
  }
  const made: Hold = {
    id: idOfHold(path, copied.tableId),
    at: new Date(options.now()).toISOString(),
    table: { ref: table.name, id: facts.tableId, location: facts.location ?? table.location },
    version,
    rowDigest: digest,
    path,
    isInWarehouse: true,
    copy: { tableId: copied.tableId },
    rows: original.rows,
    bytes: copied.sizeBytes ?? 0,
    ...(of !== undefined && { of }),
  };
  await journal.append(holdKind, made);
  return { hold: made, wasHeld: false };
}

type IntoName = CopyRequest['into'];

function nameOfHold(
  table: string,
  tableId: string,
  version: number,
  schema: string | undefined,
): IntoName {
  if (schema === undefined) {
    throw new LineageError('COPY_UNSUPPORTED', {
      table,
      problem: 'its files are out of reach, so that the warehouse has to make the copy',
      instead: 'Say in which of its schemas: --into catalog.schema.',
    });
  }
  const text = `${schema}.asof_hold_${tableId.replaceAll('-', '_')}_v${version}`;
  const name: TableName = parseTableName(text);
  if (name.kind === 'name') return name;
  throw new LineageError('REF_INVALID', { text: schema, problem: 'it is no schema' });
}

/** @returns false: a table of that name is there already, what was made by somebody who was killed before noting it perhaps */
async function makeWhole(
  copies: TableCopies,
  version: number,
  into: IntoName,
  options: CallOptions,
): Promise<boolean> {
  const make = async (kind: 'deep' | 'rows') => {
    const plan = await copies.plan({ version, into, kind }, options);
    return !(await copies.make(plan, options)).wasThere;
  };
  try {
    return await make('deep').catch(async (error: unknown) => {
      if (!isLineageError(error, 'COPY_UNSUPPORTED')) throw error;
      return await make('rows');
    });
  } catch (error) {
    if (isLineageError(error, 'TARGET_EXISTS')) return false;
    throw error;
  }
}

async function isTableThere(
  { path, copy }: Hold,
  tables: DeltaTables,
  options: CallOptions,
): Promise<boolean> {
  try {
    return (await tables.open(parseTableName(path)).facts.at(0, options)).tableId === copy.tableId;
  } catch (error) {
    if (isLineageError(error, 'TABLE_NOT_IN_WAREHOUSE')) return false;
    throw error;
  }
}
