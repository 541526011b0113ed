import type { Run, RunInput } from './run.ts';
import type { CallOptions } from './run-store.ts';

/** Many runs at once. */
export interface RunSearch {
  /** Every run of every experiment, deleted ones too, newest first; a page in memory at a time. */
  all(options?: RunSearchOptions): AsyncIterable<Run>;

  /** Those of these runs that are there, by id; deleted ones too. A few requests, however many ids. */
  byIds(ids: readonly string[], options?: CallOptions): Promise<ReadonlyMap<string, Run>>;

  /** The runs that were started inside a run, as `mlflow.start_run(nested=True)` does; oldest first, at most `limit`. */
  childrenOf(run: Run, limit: number, options?: CallOptions): Promise<readonly Run[]>;

  /** The runs that have children, by id; undefined where they are too many to be found in one request. Absent: `childrenOf` costs nothing. */
  parentIds?(options?: CallOptions): Promise<ReadonlySet<string> | undefined>;

  /**
   * The first run of the experiment that has a dataset, for each of these: MLflow keeps what that one said of it for all that follow. A
   * few requests, however many datasets.
   */
  firstWith(
    experimentId: string,
    datasets: readonly DatasetName[],
    options?: CallOptions,
  ): Promise<readonly (FirstRun | undefined)[]>;
}

/** What MLflow tells datasets of an experiment apart by. */
export type DatasetName = Pick<RunInput, 'name' | 'digest'>;

/** A dataset of an experiment, as a key. */
export function datasetKey(experimentId: string, { name, digest }: DatasetName): string {
  return JSON.stringify([experimentId, name, digest]);
}

export type FirstRun = Pick<Run, 'id' | 'startedAt'>;

/** Writes to many runs. */
export interface RunTagger {
  /**
   * Sets tags on runs, each run's all or none, and reads them back.
   *
   * @returns the runs that do not have them now: deleted meanwhile, or cut by the store
   */
  setTags(
    entries: readonly { readonly runId: string; readonly tags: Readonly<Record<string, string>> }[],
    options?: CallOptions,
  ): Promise<readonly string[]>;
}

export interface RunSearchOptions extends CallOptions {
  /** Only runs that started at or after this moment: epoch milliseconds. */
  readonly since?: number;
}
