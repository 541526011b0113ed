import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../../base/canonical-json.ts';
import type { JournalEntry } from '../stamp-journal.ts';
import type { LedgerWriter } from './ledger-writer.ts';

/** What the first entry follows. */
export const noHash = '0'.repeat(64);

const wireEntry = z.object({
  seq: z.int(),
  at: z.int(),
  kind: z.string(),
  body: z.string(),
  previous: z.string(),
  hash: z.string(),
});

/** SHA-256 over everything else in the entry, the hash of the entry before it included. */
export function entryHash({ seq, at, kind, body, previous }: Omit<JournalEntry, 'hash'>): string {
  const text = canonicalJson([seq, at, kind, body, previous]);
  return createHash('sha256').update(text).digest('hex');
}

/** Adds an entry, in the transaction of what it tells of. */
export function appendEntry(
  writer: LedgerWriter,
  { at, kind, body }: { readonly at: number; readonly kind: string; readonly body: unknown },
): void {
  const [last] = writer.all(
    z.object({ seq: z.int(), hash: z.string() }),
    'SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1',
  );
  const entry = {
    seq: (last?.seq ?? 0) + 1,
    at,
    kind,
    body: canonicalJson(body),
    previous: last?.hash ?? noHash,
  };
  insertEntry(writer, { ...entry, hash: entryHash(entry) });
}

export function insertEntry(
  writer: LedgerWriter,
  { seq, at, kind, body, previous, hash }: JournalEntry,
): void {
  writer.run('INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)', [
    seq,
    at,
    kind,
    body,
    previous,
    hash,
  ]);
}

/** @param kinds those wanted; default all */
export function readEntries(
  database: Pick<LedgerWriter, 'all'>,
  kinds?: readonly string[],
): readonly JournalEntry[] {
  if (kinds === undefined) return database.all(wireEntry, 'SELECT * FROM journal ORDER BY seq');
  const wanted = kinds.map(() => '?').join(', ');
  return database.all(
    wireEntry,
    `SELECT * FROM journal WHERE kind IN (${wanted}) ORDER BY seq`,
    kinds,
  );
}

/** Whether entries follow one another as they were written; tells the first that does not. */
export function checkChain(entries: readonly JournalEntry[]): string | undefined {
  let previous = noHash;
  for (const [index, entry] of entries.entries()) {
    const seq = index + 1;
    if (entry.seq !== seq) return `entry ${seq} is missing`;
    if (entry.previous !== previous) return `entry ${seq} does not follow the one before it`;
    if (entry.hash !== entryHash(entry)) return `entry ${seq} was changed after it was written`;
    previous = entry.hash;
  }
  return;
}
