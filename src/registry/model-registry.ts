import type { LoggedModel, ModelVersion, RegisteredModel, Stage } from './model.ts';
import type { CallOptions } from './run-store.ts';

/** What is registered, and what stands in which stage or under which alias. */
export interface ModelRegistry {
  /** As messages call it: `MLflow at http://…`, `the ledger ./asof.db`. */
  readonly title: string;

  /** By name, each with all its versions. */
  models(options?: CallOptions): AsyncIterable<RegisteredModel>;

  /**
   * A text that is another one after any version came, went, was moved or described anew, and is found with little work; tags of versions
   * may change unseen. Undefined, or absent: the registry has nothing to tell it by.
   */
  fingerprint?(options?: CallOptions): Promise<string | undefined>;

  /** @throws LineageError MODEL_NOT_FOUND, with the nearest name */
  model(name: string, options?: CallOptions): Promise<RegisteredModel>;

  /** @throws LineageError MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND */
  version(name: string, version: number, options?: CallOptions): Promise<ModelVersion>;

  /**
   * Every version in a stage, ascending; one at least.
   *
   * @throws LineageError MODEL_NOT_FOUND, STAGE_EMPTY, STAGE_UNSUPPORTED
   */
  inStage(name: string, stage: Stage, options?: CallOptions): Promise<readonly ModelVersion[]>;

  /** @throws LineageError MODEL_NOT_FOUND, ALIAS_NOT_FOUND, with the nearest alias */
  byAlias(name: string, alias: string, options?: CallOptions): Promise<ModelVersion>;

  /** @throws LineageError LOGGED_MODEL_NOT_FOUND */
  loggedModel(id: string, options?: CallOptions): Promise<LoggedModel>;

  /** Those of these logged models that are there and can be had together, by id; the others may be there too. A few requests, however many ids. */
  loggedModels(
    ids: readonly string[],
    options?: CallOptions,
  ): Promise<ReadonlyMap<string, LoggedModel>>;

  /** The versions registered from a run; often none. Aliases are not looked up. */
  versionsOfRun(runId: string, options?: CallOptions): Promise<readonly ModelVersion[]>;

  /** Sets tags and, where given, the description. @throws LineageError MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND */
  annotate(
    name: string,
    version: number,
    note: { readonly tags?: Readonly<Record<string, string>>; readonly description?: string },
    options?: CallOptions,
  ): Promise<void>;

  /**
   * Makes the next version of a model, and the model if it is the first.
   *
   * @throws LineageError RUN_NOT_FOUND, NAME_INVALID
   */
  register(model: NewModelVersion, options?: CallOptions): Promise<ModelVersion>;

  /**
   * Moves a version into a stage. Others stay there unless `archiveOthers`.
   *
   * @throws LineageError MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND, STAGE_UNSUPPORTED
   */
  setStage(
    name: string,
    version: number,
    stage: Stage,
    options?: CallOptions & { readonly archiveOthers?: boolean },
  ): Promise<ModelVersion>;

  /**
   * Points an alias at a version, away from the one that had it.
   *
   * @throws LineageError MODEL_NOT_FOUND, MODEL_VERSION_NOT_FOUND, NAME_INVALID
   */
  setAlias(
    name: string,
    version: number,
    alias: string,
    options?: CallOptions,
  ): Promise<ModelVersion>;
}

export interface NewModelVersion {
  readonly name: string;
  readonly runId: string;
  /** Where the model's files lie. */
  readonly source?: string;
  readonly description?: string;
}
