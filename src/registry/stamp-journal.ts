/** Keeps a copy of every stamp, so that one edited or lost elsewhere can be told. Entries are only ever added. */
export interface StampJournal {
  /** The same entry again changes nothing. */
  keep(entry: StampEntry): Promise<void>;
}

export interface StampEntry {
  /** Which store the run is in, as messages call it. */
  readonly store: string;
  readonly runId: string;
  /** The stamp's JSON text. */
  readonly stamp: string;
}
