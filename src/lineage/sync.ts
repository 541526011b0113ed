import type { ArtifactReader } from '../registry/artifact-reader.ts';
import type { RegisteredModel } from '../registry/model.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { RegistryMirror } from '../registry/registry-past.ts';
import type { Run } from '../registry/run.ts';
import type { RunSearch } from '../registry/run-search.ts';
import type { CallOptions } from './find-table.ts';
import { parentsOf } from './parent-runs.ts';
import { type RecordsBesideOptions, recordsBeside, type Sighted } from './records-beside.ts';
import type { SyncResult } from './result/sync.ts';

export interface SyncOptions extends RecordsBesideOptions {
  readonly now: () => number;
  /** How many of the versions and runs were looked at beside which something may lie. */
  readonly onLooked?: (looked: number, of: number) => void;
}

/** After so many, what lies beside them is kept. */
const sightedAtOnce = 500;

/**
 * Looks at a registry and keeps what it sees, with what changed since the last time: versions, stages, aliases, the runs that made
 * the versions, and what lies beside these. Where the registry can tell that nothing changed, its versions are not listed again, and
 * runs that have ended are asked for once; tags may have changed since, which `isFull` finds.
 */
export async function syncRegistry(
  registry: {
    readonly models: ModelRegistry;
    readonly search: RunSearch;
    readonly artifactReader?: ArtifactReader;
    readonly mirror: RegistryMirror;
  },
  options: SyncOptions,
): Promise<SyncResult> {
  const { models, search, mirror } = registry;
  const call = options.signal ? { signal: options.signal } : {};
  const asked = models.fingerprint?.(call);
  // Awaited below; until then what the ledger says comes first.
  asked?.catch(() => {});
  // While the server answers.
  const last = mirror.lastSighting();
  // Before the listing: what changes in between is seen the next time.
  const fingerprint = await asked;
  const isStanding =
    !options.isFull && fingerprint !== undefined && fingerprint === last.fingerprint;
  const seen = isStanding ? undefined : await listed(models, call);
  // What is asked for after this moment is not what was seen at it.
  const at = options.now();
  const wanted = seen === undefined ? mirror.openRuns() : runsOf(seen, mirror, options);
  const runs = await search.byIds(wanted, call);
  const parents = await parentsOf(runs, search, call);
  const sighted = await sightedIn(seen, runs, mirror);
  // Before the runs count as known. It may take long, and what is done is not done again.
  for (let start = 0; start < sighted.length; start += sightedAtOnce) {
    const some = sighted.slice(start, start + sightedAtOnce);
    mirror.keepBeside(await recordsBeside(some, registry, options));
    options.onLooked?.(start + some.length, sighted.length);
  }
  const changes = mirror.save(
    {
      models: seen,
      runs: [...runs.values(), ...parents.values()],
      fingerprint,
      previous: last.at,
    },
    at,
  );
  return {
    schemaVersion: 1,
    registry: models.title,
    at: new Date(at).toISOString(),
    previous: last.at === undefined ? null : new Date(last.at).toISOString(),
    models: seen?.length ?? last.models,
    versions: seen?.reduce((count, { versions }) => count + versions.length, 0) ?? last.versions,
    ...changes,
  };
}

/** The runs of versions, but those that are known and have ended. */
function runsOf(
  models: readonly RegisteredModel[],
  mirror: RegistryMirror,
  { isFull }: { readonly isFull: boolean },
): readonly string[] {
  const settled = isFull ? new Set<string>() : mirror.settledRuns();
  return models
    .flatMap(({ versions }) => versions.flatMap(({ runId }) => runId ?? []))
    .filter((id) => !settled.has(id));
}

/** What is new, or may have changed: the runs asked for, with their versions, and versions whose logged model is not known yet. */
async function sightedIn(
  models: readonly RegisteredModel[] | undefined,
  runs: ReadonlyMap<string, Run>,
  mirror: RegistryMirror,
): Promise<readonly Sighted[]> {
  if (models === undefined) return [...runs.values()].map((run) => ({ run }));
  const known = mirror.loggedModelIds();
  const versions = models
    .flatMap((model) => model.versions)
    .filter(
      ({ runId = '', loggedModelId }) =>
        runs.has(runId) || (loggedModelId !== undefined && !known.has(loggedModelId)),
    );
  const others = versions.flatMap(({ runId }) => runId ?? []).filter((id) => !runs.has(id));
  const kept = await mirror.search.byIds(others);
  return versions.map((version) => {
    const { runId = '' } = version;
    return { version, run: runs.get(runId) ?? kept.get(runId) };
  });
}

async function listed(
  { models }: Pick<ModelRegistry, 'models'>,
  options: CallOptions,
): Promise<readonly RegisteredModel[]> {
  const found: RegisteredModel[] = [];
  for await (const model of models(options)) found.push(model);
  return found;
}
