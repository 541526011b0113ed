import { homedir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactReader } from './registry/artifact-reader.ts';
import type { DigestCache } from './registry/digest-cache.ts';
import type { ModelRegistry } from './registry/model-registry.ts';
import type { RegistryMirror, RegistryPast } from './registry/registry-past.ts';
import type { RunSearch, RunTagger } from './registry/run-search.ts';
import type { RunStore } from './registry/run-store.ts';
import type { StampJournal } from './registry/stamp-journal.ts';
import type { Settings } from './settings.ts';

export interface Registry {
  readonly runs: RunStore;
  readonly models: ModelRegistry;
  readonly journal: StampJournal;
  readonly digests: DigestCache;
  readonly search: RunSearch;
  readonly tagger: RunTagger;
  /** Absent where no files lie with runs. */
  readonly artifactReader?: ArtifactReader;
  /** What stood where, and when: as the ledger recorded it, or as `sync` saw it. */
  readonly past: RegistryPast;
  /** The copy of an MLflow server in the ledger; absent where the ledger is the registry itself. */
  readonly mirror?: RegistryMirror;
  close(): void;
}

/**
 * The MLflow server that the settings name, or the ledger where they name none. Nothing is asked of either yet.
 *
 * @throws LineageError TRACKING_URI_UNSUPPORTED, CONFIG_INVALID
 */
export async function connectRegistry(
  settings: Settings,
  options: { readonly now?: () => number } = {},
): Promise<Registry> {
  const { openLedger } = await import('./registry/ledger/ledger.ts');
  const ledger = openLedger(settings.ledger.value, options.now);
  const { journal, digests } = ledger;
  const close = () => ledger.close();
  if (settings.trackingUri.value === undefined) {
    const { runs, models, search, tagger, past } = ledger;
    return { runs, models, journal, digests, search, tagger, past, close };
  }
  const { connectMlflow } = await import('./registry/mlflow/connect-mlflow.ts');
  const { mlflowSettings } = await import('./registry/mlflow/settings.ts');
  const { readMlflowCredentials } = await import('./registry/mlflow/credentials-file.ts');
  const mlflow = mlflowSettings(
    {
      ...settings.env,
      MLFLOW_TRACKING_URI: settings.trackingUri.value,
      MLFLOW_REGISTRY_URI: settings.registryUri.value,
    },
    await readMlflowCredentials(join(homedir(), '.mlflow', 'credentials')),
  );
  if (mlflow === undefined) throw new TypeError('a tracking URI was given');
  const databricks = { env: settings.env, configFile: join(homedir(), '.databrickscfg') };
  const connected = connectMlflow({ ...mlflow, databricks });
  const mirror = ledger.mirror(connected.models.title);
  return { ...connected, journal, digests, past: mirror.past, mirror, close };
}
