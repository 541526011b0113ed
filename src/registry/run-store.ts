import type { Run, RunInput, RunStatus } from './run.ts';

/** Where runs are kept: an MLflow tracking server, or the ledger. */
export interface RunStore {
  /** As messages call it: `MLflow at http://…`, `the ledger ./asof.db`. */
  readonly title: string;

  /** @throws LineageError RUN_NOT_FOUND */
  get(runId: string, options?: CallOptions): Promise<Run>;

  /** Starts a run, status RUNNING. The experiment is made when there is none of that name. */
  start(run: NewRun, options?: CallOptions): Promise<Run>;

  /** @throws LineageError RUN_NOT_FOUND */
  end(runId: string, status: RunStatus, options?: CallOptions): Promise<void>;

  /**
   * Adds to a run. Parameters are for good: the same value again is fine. Tags and metrics overwrite. A dataset input is kept once.
   *
   * @throws LineageError RUN_NOT_FOUND; RUN_ALREADY_STAMPED when a parameter has another value: then nothing is written
   */
  record(runId: string, record: RunRecord, options?: CallOptions): Promise<void>;

  /**
   * Puts a small text file with the run's artifacts.
   *
   * @returns false where the store can't take one (artifacts in an object store that only its own client reaches)
   */
  writeArtifact(runId: string, path: string, text: string, options?: CallOptions): Promise<boolean>;

  /** Environment variables with which the run's own program finds this store and joins the run. */
  environment(run: Run): Readonly<Record<string, string>>;

  /** A page for people, where there is one. */
  page(run: Run): string | undefined;
}

export interface NewRun {
  /** By name; absent is the store's default experiment. */
  readonly experiment?: string;
  readonly name?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface RunRecord {
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
  readonly metrics?: Readonly<Record<string, number>>;
  readonly inputs?: readonly RunInput[];
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}
