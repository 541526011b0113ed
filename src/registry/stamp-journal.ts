/**
 * Keeps a copy of every stamp, so that one edited or lost elsewhere can be told. Entries are only ever added, and each holds the hash of
 * the one before: one that is changed or taken out later breaks the chain.
 */
export interface StampJournal {
  /** The same entry again changes nothing. */
  keep(entry: StampEntry): Promise<void>;
  /** The stamps kept of a run, oldest first; none where none was kept here. */
  stampsOf(store: string, runId: string): Promise<readonly string[]>;
  /** Adds an entry of another kind. */
  append(kind: string, body: unknown): Promise<void>;
  /** Entries, oldest first: all, or those of some kinds. */
  entries(kinds?: readonly string[]): Promise<readonly JournalEntry[]>;
  /** The chain, and what is kept beside it. */
  check(): Promise<JournalCheck>;
  /**
   * Takes the entries of another copy of this journal that go on where it ends.
   *
   * @param source what messages call it
   * @returns how many were new
   * @throws LineageError JOURNAL_INVALID, JOURNAL_DIVERGES
   */
  take(source: string, entries: readonly JournalEntry[]): Promise<number>;
}

export interface StampEntry {
  /** Which store the run is in, as messages call it. */
  readonly store: string;
  readonly runId: string;
  /** The stamp's JSON text. */
  readonly stamp: string;
}

export interface JournalEntry {
  /** From 1 on, without a gap. */
  readonly seq: number;
  /** Epoch milliseconds, UTC. */
  readonly at: number;
  readonly kind: string;
  /** Canonical JSON. */
  readonly body: string;
  /** The hash of the entry before; 64 zeros for the first. */
  readonly previous: string;
  /** SHA-256, in hex. */
  readonly hash: string;
}

export interface JournalCheck {
  readonly entries: number;
  /** The hash of the last entry: noted elsewhere, it vouches for all of them. */
  readonly head: string;
  /** Empty: all is as it was written. */
  readonly problems: readonly string[];
}
