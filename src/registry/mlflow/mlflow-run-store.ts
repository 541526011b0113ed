import { withoutUndefined } from '../../base/without-undefined.ts';
import type { Run } from '../run.ts';
import type { RunStore } from '../run-store.ts';
import { type MlflowClient, refusalOf, wireNothing } from './client.ts';
import { isDatabricks } from './databricks.ts';
import { findExperiment } from './experiment.ts';
import { refuseCutValues, writeRecord } from './record.ts';
import type { MlflowSettings } from './settings.ts';
import { livingRun, storedRun } from './stored-run.ts';
import { wireRunAnswer } from './wire-run.ts';

/** Runs of an MLflow tracking server. */
export function mlflowRunStore(client: MlflowClient, settings: MlflowSettings): RunStore {
  const { title } = client;
  /** Names of the experiments that runs were started in, by id. */
  const experimentNames = new Map<string, string>();

  return {
    title,

    async get(runId, options) {
      return (await storedRun(client, runId, options)).run;
    },

    async start({ experiment, name, tags = {} }, options) {
      const given = { 'mlflow.source.type': 'LOCAL', 'mlflow.source.name': 'asof', ...tags };
      const allTags = withoutUndefined({ 'mlflow.user': settings.user, ...given });
      refuseCutValues(title, { tags: allTags });
      const { id, name: experimentName } = await findExperiment(
        client,
        { name: experiment ?? settings.experimentName, id: settings.experimentId },
        options,
      );
      if (experimentName !== undefined) experimentNames.set(id, experimentName);
      const body = {
        experiment_id: id,
        start_time: Date.now(),
        ...(settings.user !== undefined && { user_id: settings.user }),
        ...(name !== undefined && { run_name: name }),
        tags: Object.entries(allTags).map(([key, value]) => ({ key, value })),
      };
      return (await client.create('runs/create', body, wireRunAnswer, options)).run;
    },

    async end(runId, status, options) {
      const end_time = status === 'RUNNING' || status === 'SCHEDULED' ? undefined : Date.now();
      const body = { run_id: runId, status, ...(end_time !== undefined && { end_time }) };
      try {
        await client.post('runs/update', body, wireNothing, options);
      } catch (error) {
        if (refusalOf(error, 'RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE') === undefined) {
          throw error;
        }
        await livingRun(client, runId, options);
        throw error;
      }
    },

    async record(runId, record, options) {
      refuseCutValues(title, record);
      await writeRecord(client, runId, record, options);
    },

    async writeArtifact(runId, path, text, options) {
      const { artifactUri } = await storedRun(client, runId, options);
      const root = proxiedRoot(artifactUri, client.base);
      if (root === undefined) return false;
      await client.putArtifact(`${root}/${path}`, text, options);
      return true;
    },

    environment({ id, experimentId }: Run) {
      const name = experimentNames.get(experimentId);
      return {
        MLFLOW_TRACKING_URI: settings.trackingUri.trim(),
        MLFLOW_RUN_ID: id,
        MLFLOW_EXPERIMENT_ID: experimentId,
        // A name for another experiment, set already, would make MLflow refuse the program's second run.
        ...(name !== undefined && { MLFLOW_EXPERIMENT_NAME: name }),
      };
    },

    page({ id, experimentId }: Run) {
      const place = isDatabricks(settings.trackingUri) ? 'ml' : '#';
      return `${client.base.href}${place}/experiments/${experimentId}/runs/${id}`;
    },
  };
}

/**
 * Where a run's artifacts lie below the root that the server itself hands out, or undefined where they are in a store of
 * their own: `mlflow-artifacts:/3/ab12…/artifacts` is `3/ab12…/artifacts`.
 */
export function proxiedRoot(artifactUri: string | undefined, base: URL): string | undefined {
  const [, host = '', path] =
    /^mlflow-artifacts:(?:\/\/([^/]*))?\/*(.*?)\/*$/.exec(artifactUri ?? '') ?? [];
  if (path === undefined || path === '') return undefined;
  return host === '' || host === base.host ? path : undefined;
}
