import type { DigestCache } from '../digest-cache.ts';
import type { ModelRegistry } from '../model-registry.ts';
import type { RegistryMirror, RegistryPast } from '../registry-past.ts';
import type { RunSearch, RunTagger } from '../run-search.ts';
import type { RunStore } from '../run-store.ts';
import type { StampJournal } from '../stamp-journal.ts';
import { ledgerDatabase } from './database.ts';
import { ledgerDigests } from './ledger-digests.ts';
import { ledgerJournal } from './ledger-journal.ts';
import { ledgerMirror } from './ledger-mirror.ts';
import { ledgerModelRegistry } from './ledger-model-registry.ts';
import { ledgerRunStore } from './ledger-run-store.ts';
import { ledgerPast } from './mirror-past.ts';

export interface Ledger {
  readonly path: string;
  readonly runs: RunStore;
  readonly models: ModelRegistry;
  readonly journal: StampJournal;
  readonly digests: DigestCache;
  readonly search: RunSearch;
  readonly tagger: RunTagger;
  /** Of the ledger's own models. */
  readonly past: RegistryPast;
  /** The copy of another registry. @param store how messages call it */
  mirror(store: string): RegistryMirror;
  close(): void;
}

/** asof's own store, one SQLite file. Nothing is opened before the first question, nothing made before the first thing to keep. */
export function openLedger(file: string, now: () => number = Date.now): Ledger {
  const database = ledgerDatabase(file);
  const title = `the ledger ${database.path}`;
  const { runs, search, tagger } = ledgerRunStore(database, title, now);
  return {
    path: database.path,
    runs,
    models: ledgerModelRegistry(database, runs, title, now),
    journal: ledgerJournal(database, now),
    digests: ledgerDigests(database),
    search,
    tagger,
    past: ledgerPast(database),
    mirror: (store) => ledgerMirror(database, store),
    close: () => database.close(),
  };
}
