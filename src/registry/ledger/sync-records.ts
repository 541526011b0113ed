import { z } from 'zod';
import { jsonOf } from '../../base/json-of.ts';
import type { ArtifactOwner } from '../artifact-reader.ts';
import type { RecordsBeside } from '../records-beside.ts';
import { datasetKey } from '../run-search.ts';
import { anyKey, pagesOf } from './by-keys.ts';
import type { LedgerDatabase } from './database.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import { readStored } from './read-stored.ts';
import { firstRunBody, loggedModelBody, runBody, seenFilesBody } from './wire-bodies.ts';

interface RecordKind<T> {
  readonly kind: 'logged-model' | 'files' | 'first-run' | 'children';
  readonly body: z.ZodType<T>;
}

export const loggedModelRecords = { kind: 'logged-model', body: loggedModelBody } as const;
/** By `ownerKey`. */
export const fileRecords = { kind: 'files', body: seenFilesBody } as const;
/** By `datasetKey`. */
export const firstRunRecords = { kind: 'first-run', body: firstRunBody } as const;

/** By the run that they were started in. */
export const childRecords = { kind: 'children', body: z.array(runBody) } as const;

const row = z.object({ key: z.string(), body: z.string() });
const byKey = 'SELECT key, body FROM sync_records WHERE store = ? AND kind = ? AND key = ?';
const byKeys = `SELECT key, body FROM sync_records WHERE store = ? AND kind = ? AND key IN ${anyKey}`;
const keyRow = z.object({ key: z.string() });

export const ownerKey = ({ kind, id }: ArtifactOwner) => `${kind} ${id}`;

/** Those that are kept, by their keys. */
export function keptRecords<T>(
  database: LedgerDatabase,
  store: string,
  { kind, body: shape }: RecordKind<T>,
  keys: readonly string[],
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  const isOne = keys.length === 1;
  for (const page of isOne ? [keys] : pagesOf(keys)) {
    const rows = database.all(row, isOne ? byKey : byKeys, [store, kind, ...page]);
    for (const { key, body } of rows) {
      found.set(key, readStored(shape, jsonOf(body), database.path));
    }
  }
  return found;
}

export function keptKeys(
  database: LedgerDatabase,
  store: string,
  { kind }: RecordKind<unknown>,
): ReadonlySet<string> {
  const sql = 'SELECT key FROM sync_records WHERE store = ? AND kind = ?';
  return new Set(database.all(keyRow, sql, [store, kind]).map(({ key }) => key));
}

export function keepRecords(
  { run }: Pick<LedgerWriter, 'run'>,
  store: string,
  { loggedModels, files, firstRuns, children }: RecordsBeside,
): void {
  const keep = ({ kind }: RecordKind<unknown>, key: string, body: object) =>
    run('INSERT OR REPLACE INTO sync_records VALUES (?, ?, ?, ?)', [
      store,
      kind,
      key,
      JSON.stringify(body),
    ]);
  for (const model of loggedModels) keep(loggedModelRecords, model.id, model);
  for (const { owner, ...seen } of files) {
    keep(fileRecords, ownerKey(owner), 'texts' in seen ? { texts: [...seen.texts] } : seen);
  }
  for (const { experimentId, dataset, run: first } of firstRuns) {
    const { id, startedAt } = first;
    keep(firstRunRecords, datasetKey(experimentId, dataset), { id, startedAt });
  }
  for (const { parentId, runs } of children) keep(childRecords, parentId, runs);
}
