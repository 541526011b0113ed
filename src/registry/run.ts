/** A training run, as a tracking server or the ledger keeps it. */
export interface Run {
  readonly id: string;
  readonly name?: string;
  readonly experimentId: string;
  readonly status: RunStatus;
  /** Epoch milliseconds, UTC. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly params: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
  /** The last value of each; NaN and infinities as they are. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly inputs: readonly RunInput[];
  /** Models that the run logged, as MLflow 3 keeps them; absent where there are none. */
  readonly loggedModelIds?: readonly string[];
  /** Deleted runs can still be asked for; their models outlive them. */
  readonly isDeleted: boolean;
}

export const runStatuses = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** A dataset that a run says it read, as stored: `source` is text that only its `sourceType` explains. */
export interface RunInput {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  /** `training`, `train`, `eval`, …: the tag mlflow.data.context. */
  readonly context?: string;
  readonly schema?: string;
  readonly profile?: string;
}
