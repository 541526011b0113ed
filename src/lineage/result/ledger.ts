import { z } from 'zod';
import { parseLines } from '../../base/parse-lines.ts';
import type { JournalEntry } from '../../registry/stamp-journal.ts';
import { schemaVersion } from './parts.ts';

/** Whether the ledger's journal is as it was written, and, after an import, what came in. */
export const ledgerResult = z.strictObject({
  schemaVersion,
  path: z.string(),
  entries: z.int(),
  /** The hash of the last entry: noted elsewhere, it vouches for all of them. */
  head: z.string(),
  /** Empty: all is as it was written. */
  problems: z.array(z.string()).readonly(),
  /** How many entries an import brought; null when nothing was imported. */
  imported: z.int().nullable(),
});

export type LedgerResult = z.infer<typeof ledgerResult>;

/** One entry of the journal. `hash` is the SHA-256 of the canonical JSON of `[seq,at,kind,body,previous]`. */
export const journalLine = z.strictObject({
  schemaVersion,
  seq: z.int(),
  /** Epoch milliseconds, UTC. */
  at: z.int(),
  kind: z.string(),
  /** Canonical JSON. */
  body: z.string(),
  previous: z.string(),
  hash: z.string(),
});

export type JournalLine = z.infer<typeof journalLine>;

export function journalLineOf(entry: JournalEntry): JournalLine {
  return { schemaVersion: 1, ...entry };
}

/**
 * Entries as `asof ledger export` wrote them.
 *
 * @throws LineageError JOURNAL_INVALID
 */
export function journalEntriesIn(text: string, source: string): readonly JournalEntry[] {
  return parseLines(journalLine, text, source).map(({ schemaVersion: _, ...entry }) => entry);
}
