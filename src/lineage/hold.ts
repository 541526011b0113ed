import { readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { LineageError } from '../base/errors.ts';
import type { DeltaTables } from '../delta/delta-table.ts';
import { summarize } from '../delta/snapshot-summary.ts';
import { parseTableName } from '../delta/table-ref.ts';
import type { StampJournal } from '../registry/stamp-journal.ts';
import type { CallOptions } from './find-table.ts';
import { soundHold } from './held.ts';
import { type Held, holdInWarehouse, idOfHold } from './hold-in-warehouse.ts';
import { checkOurs, manifestIn, manifestName } from './manifest.ts';
import { type RehydrateOptions, rehydrate, type Wanted } from './rehydrate.ts';
import { tableStates } from './table-states.ts';
import { type Hold, holdKind, keptHolds, releaseKind } from './wire-hold.ts';

export interface HoldOptions extends Pick<RehydrateOptions, 'asof' | 'now' | 'signal'> {
  /** The folder of all holds. */
  readonly folder: string;
  /** The schema of those that a warehouse makes, as `catalog.schema` or `schema`. */
  readonly schema?: string | undefined;
  readonly tables: DeltaTables;
}

/**
 * Keeps a version for good: makes a Delta table of it in a folder of its own, and notes that in the journal. A version that is held already
 * is not held twice. Files that another hold of the table has are stored once. Where only a warehouse reaches the table's files, it makes
 * the copy, among its own tables.
 *
 * @throws LineageError as `rehydrate` does, and as `TableCopies` does
 */
export async function hold(
  wanted: Wanted,
  journal: StampJournal,
  { folder, schema, tables, ...options }: HoldOptions,
): Promise<Held> {
  const { table, version, of } = wanted;
  const call = options.signal && { signal: options.signal };
  if (table.copier === undefined && table.copies !== undefined) {
    return await holdInWarehouse(wanted, table.copies, journal, { schema, tables, ...options });
  }
  const snapshot = await table.snapshots.at(version, call);
  const { tableId } = snapshot;
  const digest = wanted.digest ?? (await summarize(snapshot, call)).digest;
  const held = (await keptHolds(journal)).filter((one) => one.table.id === tableId);
  const states = tableStates(tables, { now: options.now(), ...call });
  const same = await soundHold({ tableId, version, digest }, held, states);
  if (same !== undefined) return { hold: same, wasHeld: true };
  const path = await placeOf(join(folder, tableId, `v${version}`), digest, held);
  const { tables: written } = await rehydrate([wanted], {
    out: path,
    format: 'delta',
    siblings: held.map((one) => one.path),
    // A hold of the same, that is not sound any more.
    isForced: held.some((one) => one.path === path),
    ...options,
  });
  const manifest = written[0]?.manifest;
  if (manifest?.copy === undefined || manifest.digest === null) {
    throw new TypeError('a Delta table was made, of a version whose log was read');
  }
  const at = new Date(options.now()).toISOString();
  const made: Hold = {
    id: idOfHold(path, manifest.copy.tableId),
    at,
    table: manifest.table,
    version,
    digest: manifest.digest,
    path,
    copy: manifest.copy,
    ...(manifest.rows !== null && { rows: manifest.rows }),
    bytes: manifest.bytes,
    ...(of !== undefined && { of }),
  };
  // What lay there before was not sound, and is no more: its release must not take this one away.
  for (const { id } of held.filter((one) => one.path === path)) {
    await journal.append(releaseKind, { id });
  }
  await journal.append(holdKind, made);
  return { hold: made, wasHeld: false };
}

/**
 * A folder that is nobody else's: no hold of other data has it (after the log was rewritten, the version of before is nowhere else), nor
 * one that another ledger notes.
 */
async function placeOf(path: string, digest: string, held: readonly Hold[]): Promise<string> {
  const isFree = async (place: string) => {
    const own = held.find((one) => one.path === place);
    if (own === undefined) return !(await isThere(place));
    return own.digest === digest && !(await isOthers(own));
  };
  if (await isFree(path)) return path;
  const other = `${path}-${digest.slice(-12)}`;
  for (let place = other, number = 2; ; number += 1) {
    if (await isFree(place)) return place;
    place = `${other}-${number}`;
  }
}

/** Whether another ledger has made a hold in the folder of this one, once it was gone. */
async function isOthers({ path, copy }: Hold): Promise<boolean> {
  const there = (await manifestIn(path))?.copy;
  return there !== undefined && there.tableId !== copy.tableId;
}

/**
 * Gives a hold up: its folder is removed, or its table on the warehouse dropped, and nothing else.
 *
 * @throws LineageError OUTPUT_NOT_OURS when something in it is not asof's; TABLE_REPLACED
 */
export async function release(
  hold: Hold,
  journal: StampJournal,
  tables: DeltaTables,
  options: CallOptions = {},
): Promise<void> {
  const { id, path } = hold;
  if (hold.isInWarehouse) {
    const name = parseTableName(path);
    const { copies } = tables.open(name);
    if (copies === undefined || name.kind !== 'name') {
      const problem = 'it is a table of a warehouse, and that is not configured here';
      const instead = 'Configure the warehouse (DATABRICKS_…).';
      throw new LineageError('COPY_UNSUPPORTED', { table: path, problem, instead });
    }
    await copies.drop(name, hold.copy.tableId, options);
    await journal.append(releaseKind, { id });
    return;
  }
  if ((await isThere(path)) && !(await isOthers(hold))) {
    await checkOurs(path);
    // Out of the way at once: what is killed half-way is never taken for a hold.
    const away = join(dirname(path), `.${basename(path)}.asof-${process.pid}-${id}`);
    await rename(path, away);
    await journal.append(releaseKind, { id });
    await rm(away, { recursive: true, force: true });
    await rmdir(dirname(path)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
    return;
  }
  await journal.append(releaseKind, { id });
}

/**
 * The hold that somebody means by its id, or the beginning of it, or its folder.
 *
 * @throws LineageError HOLD_NOT_FOUND
 */
export function findHold(text: string, holds: readonly Hold[]): Hold {
  const found = holds.filter(
    ({ id, path }) => path === text || (text !== '' && id.startsWith(text)),
  );
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  throw new LineageError('HOLD_NOT_FOUND', { text, count: found.length });
}

/**
 * Bytes of a hold's data that nothing else shares any more: what its release sets free. Undefined: the folder is gone. A warehouse is
 * not asked.
 */
export async function ownBytes({
  path,
  bytes: all,
  isInWarehouse,
}: Hold): Promise<number | undefined> {
  if (isInWarehouse) return all;
  if (!(await isThere(path))) return;
  let bytes = 0;
  for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
    const isData = entry.name !== manifestName && !entry.parentPath.endsWith('_delta_log');
    if (!entry.isFile() || !isData) continue;
    const { size, nlink } = await stat(join(entry.parentPath, entry.name));
    if (nlink === 1) bytes += size;
  }
  return bytes;
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}
