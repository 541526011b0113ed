import { isLineageError, type LineageError } from '../base/errors.ts';
import { mapParallel } from '../base/parallel.ts';
import type { ArtifactReader } from '../registry/artifact-reader.ts';
import type { LoggedModel, ModelVersion } from '../registry/model.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { RecordsBeside, SeenFiles } from '../registry/records-beside.ts';
import type { RegistryMirror } from '../registry/registry-past.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';
import { firstRuns } from './ask-ahead.ts';
import { mostChildren } from './gather-evidence.ts';
import { type ModelOwner, searchedFiles } from './model-files.ts';
import { loggedModelIdsOf } from './model-makers.ts';
import { ownRecords, saysVersion } from './own-records.ts';
import type { GatherOptions } from './recorder-evidence.ts';
import { bearingOnData } from './wire-model-files.ts';
import { stampOn } from './wire-stamp.ts';

/** Requests that run at once. */
const requestsAtOnce = 16;

/** A registered version and its run, or one of them. */
export interface Sighted {
  readonly version?: ModelVersion;
  readonly run?: Run | undefined;
}

export interface RecordsBesideOptions extends GatherOptions {
  /** Also looks where MLflow notes no files: a request or two for each run that says no version. */
  readonly isFull: boolean;
}

/**
 * What a registry holds beside these runs and versions that tells of their data: logged models, the first runs with their datasets and,
 * of what has no stamp, the files of models that MLflow notes. One request a model for those, a few for all of the others; with
 * `isFull` also other files, and the runs that were started in those that say no version.
 */
export async function recordsBeside(
  sighted: readonly Sighted[],
  registry: {
    readonly models: Pick<ModelRegistry, 'loggedModel' | 'loggedModels'>;
    readonly search: Pick<RunSearch, 'firstWith' | 'childrenOf'>;
    readonly artifactReader?: ArtifactReader;
    readonly mirror: Pick<RegistryMirror, 'hasFiles'>;
  },
  options: RecordsBesideOptions,
): Promise<RecordsBeside> {
  const call = options.signal ? { signal: options.signal } : {};
  const loggedModels = await loggedModelsOf(sighted, registry.models, call);
  const models = {
    loggedModel: async (id: string) =>
      loggedModels.get(id) ?? (await registry.models.loggedModel(id, call)),
  };
  const owners = new Map<string, ModelOwner>();
  const silent = new Map<string, Run>();
  for (const { version, run } of sighted) {
    if (run !== undefined && isStamped(run)) continue;
    const loggedModelId = version?.loggedModelId;
    const own = await ownRecords({ run, version, loggedModelId }, { models }, options);
    for (const owner of own.owners) {
      // A logged model stays as it is; what a run has is looked at again when it has ended.
      const isSettled = owner.kind === 'logged-model' || (run !== undefined && isOpen(run));
      if (!options.isFull && isSettled && registry.mirror.hasFiles(owner)) continue;
      owners.set(`${owner.kind} ${owner.id}`, owner);
    }
    if (!options.isFull || run === undefined || own.parts.some(saysVersion)) continue;
    silent.set(run.id, run);
    if (own.unnoted) owners.set(`run ${run.id}`, own.unnoted);
  }
  const { artifactReader } = registry;
  const files = artifactReader
    ? await mapParallel(
        [...owners.values()],
        requestsAtOnce,
        (owner) => filesOf(owner, artifactReader, call),
        call,
      )
    : [];
  const children = await mapParallel(
    [...silent.values()],
    requestsAtOnce,
    async (run) => {
      const runs = await registry.search.childrenOf(run, mostChildren, call);
      return { parentId: run.id, runs };
    },
    call,
  );
  return {
    loggedModels: [...loggedModels.values()],
    files,
    children,
    firstRuns: await firstRuns(
      sighted.flatMap(({ run }) => run ?? []),
      registry.search,
      call,
    ),
  };
}

/** With one that can't be read it is as without. */
function isStamped(run: Run): boolean {
  try {
    return stampOn(run) !== undefined;
  } catch (error) {
    if (isLineageError(error, 'STAMP_INVALID')) return false;
    throw error;
  }
}

function isOpen({ status }: Run): boolean {
  return status === 'RUNNING' || status === 'SCHEDULED';
}

async function loggedModelsOf(
  sighted: readonly Sighted[],
  models: Pick<ModelRegistry, 'loggedModel' | 'loggedModels'>,
  call: { readonly signal?: AbortSignal },
): Promise<ReadonlyMap<string, LoggedModel>> {
  const ids = new Set(
    sighted.flatMap(({ version, run }) => loggedModelIdsOf(version?.loggedModelId, run)),
  );
  const found = new Map(await models.loggedModels([...ids], call));
  await mapParallel(
    [...ids].filter((id) => !found.has(id)),
    requestsAtOnce,
    async (id) => {
      try {
        found.set(id, await models.loggedModel(id, call));
      } catch (error) {
        if (!isOfOne(error)) throw error;
      }
    },
    call,
  );
  return found;
}

async function filesOf(
  owner: ModelOwner,
  artifacts: ArtifactReader,
  call: { readonly signal?: AbortSignal },
): Promise<SeenFiles> {
  try {
    const texts = new Map<string, string>();
    for (const [path, text] of await searchedFiles(artifacts)(owner, call)) {
      texts.set(path, await bearingOnData(path, text));
    }
    return { owner, texts };
  } catch (error) {
    if (!isOfOne(error)) throw error;
    return { owner, problem: `${error.code}: ${error.message}` };
  }
}

/** It is about one thing: where files lie may be another system, slower or with other rights. */
function isOfOne(error: unknown): error is LineageError {
  return isLineageError(error) && error.code !== 'SERVER_UNREACHABLE';
}
