import type { RegisteredModel } from '../registry/model.ts';
import type { ModelRegistry } from '../registry/model-registry.ts';
import type { RegistryMirror } from '../registry/registry-past.ts';
import type { RunSearch } from '../registry/run-search.ts';
import type { CallOptions } from './find-table.ts';
import { parentsOf } from './parent-runs.ts';
import type { SyncResult } from './result/sync.ts';

/**
 * Looks at all of a registry and keeps what it sees, with what changed since the last time: versions, stages, aliases, and the runs that
 * made the versions. Runs that have ended are asked for once, unless `isFull`.
 */
export async function syncRegistry(
  registry: {
    readonly models: ModelRegistry;
    readonly search: RunSearch;
    readonly mirror: RegistryMirror;
  },
  options: CallOptions & { readonly now: () => number; readonly isFull: boolean },
): Promise<SyncResult> {
  const { models, search, mirror } = registry;
  const call = options.signal ? { signal: options.signal } : {};
  const listing = listed(models, call);
  // Awaited below; until then what the ledger says comes first.
  listing.catch(() => {});
  // While the server answers.
  const before = mirror.lastSeen();
  const settled = options.isFull ? new Set<string>() : mirror.settledRuns();
  const seen = await listing;
  // What is asked for after this moment is not what was seen at it.
  const at = options.now();
  const wanted = seen
    .flatMap(({ versions }) => versions.flatMap(({ runId }) => runId ?? []))
    .filter((id) => !settled.has(id));
  const runs = await search.byIds(wanted, call);
  const parents = await parentsOf(runs, search, call);
  const changes = mirror.save(
    { models: seen, runs: [...runs.values(), ...parents.values()], previous: before },
    at,
  );
  return {
    schemaVersion: 1,
    registry: models.title,
    at: new Date(at).toISOString(),
    previous: before === undefined ? null : new Date(before).toISOString(),
    models: seen.length,
    versions: seen.reduce((count, { versions }) => count + versions.length, 0),
    ...changes,
  };
}

async function listed(
  { models }: Pick<ModelRegistry, 'models'>,
  options: CallOptions,
): Promise<readonly RegisteredModel[]> {
  const found: RegisteredModel[] = [];
  for await (const model of models(options)) found.push(model);
  return found;
}
