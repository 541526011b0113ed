import type { ArtifactReader } from '../artifact-reader.ts';
import type { ModelRegistry } from '../model-registry.ts';
import type { RunSearch, RunTagger } from '../run-search.ts';
import type { RunStore } from '../run-store.ts';
import { mlflowClient } from './client.ts';
import { isDatabricks } from './databricks.ts';
import { mlflowArtifacts } from './mlflow-artifacts.ts';
import { mlflowModelRegistry } from './mlflow-model-registry.ts';
import { mlflowRunSearch, mlflowRunTagger } from './mlflow-run-search.ts';
import { mlflowRunStore } from './mlflow-run-store.ts';
import type { MlflowSettings } from './settings.ts';

/** MLflow 3 looks for models in Unity Catalog when runs are on Databricks. */
function defaultRegistry(trackingUri: string): string {
  return isDatabricks(trackingUri)
    ? trackingUri.trim().replace(/^databricks(?!-uc)/i, 'databricks-uc')
    : trackingUri;
}

/**
 * The runs and models of an MLflow server. Nothing is asked of it before the first call.
 *
 * @throws LineageError TRACKING_URI_UNSUPPORTED, CONFIG_INVALID
 */
export function connectMlflow(settings: MlflowSettings): {
  readonly runs: RunStore;
  readonly models: ModelRegistry;
  readonly search: RunSearch;
  readonly tagger: RunTagger;
  readonly artifactReader: ArtifactReader;
} {
  const { trackingUri, registryUri = defaultRegistry(trackingUri) } = settings;
  const tracking = mlflowClient(trackingUri, settings);
  const registry = registryUri === trackingUri ? tracking : mlflowClient(registryUri, settings);
  const search = mlflowRunSearch(tracking, settings);
  return {
    runs: mlflowRunStore(tracking, settings),
    models: mlflowModelRegistry(registry, tracking, settings),
    search,
    tagger: mlflowRunTagger(tracking, search),
    artifactReader: mlflowArtifacts(tracking),
  };
}
