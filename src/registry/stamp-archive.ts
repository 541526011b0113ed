/** The copies of stamps that a journal keeps, to compare with. */
export interface StampArchive {
  /** The JSON text of the last stamp kept for a run; undefined where none was. @param store as the journal's entry names it */
  last(store: string, runId: string): Promise<string | undefined>;
}
