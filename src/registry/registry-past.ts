import type { ArtifactOwner } from './artifact-reader.ts';
import type { RegisteredModel } from './model.ts';
import type { ModelRegistry } from './model-registry.ts';
import type { RecordsBeside } from './records-beside.ts';
import type { Run } from './run.ts';
import type { RunSearch } from './run-search.ts';
import type { CallOptions, RunStore } from './run-store.ts';

/** Which versions of a model stood in a stage or under an alias at some moment. */
export interface RegistryPast {
  /** Undefined where nothing is known of the model that far back. */
  holders(
    name: string,
    place: { readonly kind: 'stage' | 'alias'; readonly what: string },
    instant: number,
    options?: CallOptions,
  ): Promise<PastHolders | undefined>;
}

export interface PastHolders {
  /** Ascending; none when the place was empty. */
  readonly versions: readonly number[];
  /**
   * `recorded`: each change was recorded as it was made. `observed`: the same before and after the moment. `between`: it changed between
   * two looks around the moment. `last-seen`: nobody has looked since. `timestamps`: only the registry's own times of change tell, and
   * others may have been there.
   */
  readonly known: 'recorded' | 'observed' | 'between' | 'last-seen' | 'timestamps';
  /** In words. */
  readonly why: string;
}

/** What was seen of a registry at one moment. */
export interface RegistrySighting {
  /** Undefined: they are as at the last look, for the fingerprint is the same. */
  readonly models: readonly RegisteredModel[] | undefined;
  /** Of the registry, taken before the models were listed. */
  readonly fingerprint?: string | undefined;
  /** Runs that are new, or that may have changed since the last time. */
  readonly runs: readonly Run[];
  /** When the last look was, as this one began. */
  readonly previous?: number | undefined;
}

/** What was there at the last look. */
export interface LastSighting {
  /** Epoch milliseconds; undefined when nobody has looked yet. */
  readonly at: number | undefined;
  /** Undefined where the registry has none, or none is known. */
  readonly fingerprint: string | undefined;
  readonly models: number;
  readonly versions: number;
}

/** A copy of a registry that is kept up to date by looking at it again and again; it answers when the registry can't. */
export interface RegistryMirror {
  readonly past: RegistryPast;
  readonly runs: Pick<RunStore, 'title' | 'get' | 'page'>;
  readonly models: Pick<
    ModelRegistry,
    | 'title'
    | 'models'
    | 'model'
    | 'version'
    | 'inStage'
    | 'byAlias'
    | 'loggedModel'
    | 'loggedModels'
  >;
  /** Of children those that were looked for. @throws LineageError NOT_KEPT */
  readonly search: Pick<RunSearch, 'byIds' | 'firstWith' | 'childrenOf'>;
  /** The files of a model that tell of data, by their paths. @throws LineageError NOT_KEPT */
  modelFiles(owner: ArtifactOwner): Promise<ReadonlyMap<string, string>>;
  /** When the registry was last looked at: epoch milliseconds; undefined when never. */
  lastSeen(): number | undefined;
  lastSighting(): LastSighting;
  /** Runs of the versions that were there at the last look, of which the records may have changed since. */
  openRuns(): readonly string[];
  /** Runs that are known and can't change any more, as far as their records go. */
  settledRuns(): ReadonlySet<string>;
  /** The ids of the logged models that are known. */
  loggedModelIds(): ReadonlySet<string>;
  /** The owner's files were looked at, with or without success. */
  hasFiles(owner: ArtifactOwner): boolean;
  /** Keeps what lies beside some runs and versions, before they are seen to be there: a sighting that stops half-way goes on from it. */
  keepBeside(records: RecordsBeside): void;
  /** Keeps a sighting, and what changed since the one before; one that another, later one overtook changes nothing. */
  save(sighting: RegistrySighting, at: number): SightingChanges;
}

export interface SightingChanges {
  readonly newVersions: number;
  readonly moves: number;
  readonly gone: number;
  readonly newRuns: number;
}
