import { z } from 'zod';
import type { StampJournal } from '../stamp-journal.ts';
import type { LedgerDatabase } from './database.ts';
import { appendEntry, readEntries } from './journal.ts';
import { checkJournal, importEntries } from './journal-check.ts';
import type { LedgerWriter } from './ledger-writer.ts';

/** The ledger's journal. What it tells of and the entry that tells it are written together. */
export function ledgerJournal(database: LedgerDatabase, now: () => number): StampJournal {
  const write = <T>(work: (writer: LedgerWriter) => T) =>
    database.write((run) => work({ run, all: database.all }));
  const stampsOf = (store: string, runId: string) =>
    database
      .all(
        z.object({ stamp: z.string() }),
        'SELECT stamp FROM stamps WHERE store = ? AND run_id = ? ORDER BY id',
        [store, runId],
      )
      .map(({ stamp }) => stamp);
  return {
    async keep({ store, runId, stamp }) {
      write((writer) => {
        if (stampsOf(store, runId).includes(stamp)) return;
        const at = now();
        writer.run('INSERT INTO stamps VALUES (NULL, ?, ?, ?, ?)', [at, store, runId, stamp]);
        appendEntry(writer, { at, kind: 'stamp', body: { store, runId, stamp } });
      });
    },
    stampsOf: async (store, runId) => stampsOf(store, runId),
    append: async (kind, body) => write((writer) => appendEntry(writer, { at: now(), kind, body })),
    entries: async (kinds) => readEntries(database, kinds),
    check: async () => checkJournal(database),
    take: async (source, entries) =>
      write((writer) => importEntries(writer, database.path, source, entries)),
  };
}
