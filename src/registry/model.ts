/** One version of a registered model. */
export interface ModelVersion {
  readonly name: string;
  readonly version: number;
  /** `Production`, `Staging`, `Archived`; absent for MLflow's `None` and where a registry has no stages. */
  readonly stage?: string;
  readonly aliases: readonly string[];
  readonly runId?: string;
  /** MLflow 3 keeps the model itself as a logged model; `m-…`. */
  readonly loggedModelId?: string;
  /** Where the model's files lie, as registered. */
  readonly source?: string;
  readonly description?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Epoch milliseconds, UTC. */
  readonly createdAt?: number;
  readonly updatedAt?: number;
}

export interface RegisteredModel {
  readonly name: string;
  readonly description?: string;
  /** Ascending by version number. */
  readonly versions: readonly ModelVersion[];
}

/** A model as logged by a run, registered or not. */
export interface LoggedModel {
  readonly id: string;
  readonly name?: string;
  readonly runId?: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly tags?: Readonly<Record<string, string>>;
}

export const stages = ['Staging', 'Production', 'Archived', 'None'] as const;
export type Stage = (typeof stages)[number];
