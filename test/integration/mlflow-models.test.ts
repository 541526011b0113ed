import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectMlflow } from '../../src/registry/mlflow/connect-mlflow.ts';
import type { ModelRegistry } from '../../src/registry/model-registry.ts';
import type { RunStore } from '../../src/registry/run-store.ts';
import { type MlflowServer, rest, startMlflow } from './support/mlflow-server.ts';
import { runPython } from './support/python.ts';

const python = inject('python');

// What MLflow's registry does that no documentation says, and that asof must not fall for.
describe.skipIf(python === undefined)('models on a real MLflow', () => {
  let server: MlflowServer;
  let runs: RunStore;
  let models: ModelRegistry;
  beforeAll(async () => {
    server = await startMlflow(python ?? '');
    ({ runs, models } = connectMlflow({ trackingUri: server.url }));
  });
  afterAll(() => server?.stop());

  const search = (filter: string) =>
    rest(server, 'GET', `model-versions/search?${new URLSearchParams({ filter })}`);

  async function aModel(name: string, versions = 1) {
    const run = await runs.start({});
    for (let made = 0; made < versions; made++) await models.register({ name, runId: run.id });
    return run;
  }

  test('aliases are missing from what MLflow finds, and there in what asof finds', async () => {
    await aModel('aliased');
    await models.setAlias('aliased', 1, 'champion');
    const { text } = await search("name = 'aliased'");
    expect(text).toContain('"aliased"');
    expect(text).not.toContain('champion');
    const aliased = { versions: [{ version: 1, aliases: ['champion'] }] };
    expect(await models.model('aliased')).toMatchObject(aliased);
    for await (const model of models.models()) {
      if (model.name === 'aliased') expect(model).toMatchObject(aliased);
    }
  });

  test('any change but that of a tag is another fingerprint', async () => {
    await aModel('watched');
    const seen = [await models.fingerprint?.()];
    const change = async (method: string, route: string, body: object) => {
      expect((await rest(server, method, route, body)).status).toBe(200);
      return await models.fingerprint?.();
    };
    const name = 'watched';
    const first = { name, version: '1' };
    const moved = { ...first, stage: 'Staging', archive_existing_versions: false };
    const changes: readonly [string, string, object][] = [
      ['POST', 'model-versions/transition-stage', moved],
      ['POST', 'registered-models/alias', { ...first, alias: 'champion' }],
      ['PATCH', 'model-versions/update', { ...first, description: 'better' }],
      ['POST', 'model-versions/create', { name, source: 'models:/watched/1' }],
      ['POST', 'registered-models/alias', { name, version: '2', alias: 'champion' }],
      ['DELETE', 'registered-models/alias', { name, alias: 'champion' }],
      ['DELETE', 'model-versions/delete', { name, version: '2' }],
      ['POST', 'registered-models/rename', { name, new_name: 'seen' }],
      ['DELETE', 'registered-models/delete', { name: 'seen' }],
    ];
    for (const [method, route, body] of changes) {
      expect(await models.fingerprint?.()).toBe(seen.at(-1));
      seen.push(await change(method, route, body));
    }
    expect(new Set(seen).size).toBe(changes.length + 1);
    expect(seen).not.toContain(undefined);

    await aModel('tagged', 2);
    const before = await models.fingerprint?.();
    const tag = { name: 'tagged', version: '1', key: 'a', value: 'b' };
    expect(await change('POST', 'model-versions/set-tag', tag)).toBe(before);
  });

  test('of several versions in a stage MLflow gives the latest, and asof all', async () => {
    await aModel('staged', 3);
    for (const version of ['1', '3']) {
      const stage = 'production';
      const body = { name: 'staged', version, stage, archive_existing_versions: false };
      expect((await rest(server, 'POST', 'model-versions/transition-stage', body)).status).toBe(
        200,
      );
    }
    const latest = { name: 'staged', stages: ['Production'] };
    const { json } = await rest(server, 'POST', 'registered-models/get-latest-versions', latest);
    expect(json).toMatchObject({ model_versions: [{ version: '3' }] });
    const found = await models.inStage('staged', 'Production');
    expect(found.map(({ version }) => version)).toEqual([1, 3]);
  });

  test('a missing alias is an invalid request to MLflow', async () => {
    await aModel('without-alias');
    const { status, json } = await rest(
      server,
      'GET',
      'registered-models/alias?name=without-alias&alias=nope',
    );
    expect(status).toBe(400);
    expect(json).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
    await expect(models.byAlias('without-alias', 'nope')).rejects.toMatchObject({
      code: 'ALIAS_NOT_FOUND',
    });
  });

  test('the reserved alias latest is the newest version, as MLflow has it', async () => {
    await aModel('newest', 2);
    expect(await models.byAlias('newest', 'latest')).toMatchObject({ version: 2 });
  });

  test('a doubled quote in a filter finds nothing, without a word', async () => {
    await aModel("ann's");
    expect(await search("name = 'ann''s'")).toMatchObject({ status: 200, json: {} });
    expect((await models.model("ann's")).versions).toHaveLength(1);
  });

  test('archiving others for the sake of an inactive stage breaks MLflow, not asof', async () => {
    await aModel('archived');
    const body = {
      name: 'archived',
      version: '1',
      stage: 'Archived',
      archive_existing_versions: true,
    };
    const { status } = await rest(server, 'POST', 'model-versions/transition-stage', body);
    expect(status).toBe(500);
    const archived = models.setStage('archived', 1, 'Archived', { archiveOthers: true });
    expect(await archived).toMatchObject({ stage: 'Archived' });
  });

  test('MLflow registers from a run that is not there, asof does not', async () => {
    await aModel('trusting');
    const body = { name: 'trusting', source: 's3://b/m', run_id: 'nope' };
    expect((await rest(server, 'POST', 'model-versions/create', body)).status).toBe(200);
    await expect(models.register({ name: 'trusting', runId: 'nope' })).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
    });
  });

  test('a deleted run is not registered, and its older models stay', async () => {
    const { id } = await aModel('outlives');
    await rest(server, 'POST', 'runs/delete', { run_id: id });
    await expect(models.register({ name: 'outlives', runId: id })).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
    });
    const [version] = (await models.model('outlives')).versions;
    expect(await runs.get(version?.runId ?? '')).toMatchObject({ isDeleted: true });
  });

  test('a prompt is no model: not listed, not found, and no version is added to it', async () => {
    const create = { name: 'a-prompt', tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }] };
    expect((await rest(server, 'POST', 'registered-models/create', create)).status).toBe(200);
    const body = { name: 'a-prompt', source: 's3://b/m' };
    expect((await rest(server, 'POST', 'model-versions/create', body)).status).toBe(200);
    const { id: runId } = await runs.start({});
    await expect(models.register({ name: 'a-prompt', runId })).rejects.toMatchObject({
      code: 'NAME_INVALID',
    });
    await expect(models.model('a-prompt')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    for await (const { name } of models.models()) expect(name).not.toBe('a-prompt');
  });

  test('more models and versions than MLflow gives at once are all found', async () => {
    const { id } = await aModel('many', 1);
    const create = (name: string) => rest(server, 'POST', 'registered-models/create', { name });
    const version = { name: 'many', source: `runs:/${id}/model`, run_id: id };
    for (let at = 0; at < 110; at++) {
      await create(`many-${at}`);
      await rest(server, 'POST', 'model-versions/create', version);
    }
    const small = connectMlflow({ trackingUri: server.url, pageSize: 50 }).models;
    expect((await small.model('many')).versions).toHaveLength(111);
    let found = 0;
    for await (const { name } of small.models()) if (name.startsWith('many-')) found += 1;
    expect(found).toBe(110);
    await expect(small.model('many-10x')).rejects.toMatchObject({
      details: { closest: 'many-10' },
    });
  });

  test('a model that a run logged is registered where it lies, and MLflow can load it', async () => {
    const answer = await runPython(
      python ?? '',
      `
import json, mlflow
from sklearn.dummy import DummyRegressor
with mlflow.start_run() as run:
    info = mlflow.sklearn.log_model(DummyRegressor(strategy="constant", constant=7).fit([[0]], [7]), name="model")
print(json.dumps([run.info.run_id, info.model_id]))
`,
      { MLFLOW_TRACKING_URI: server.url },
    );
    const [runId = '', modelId = ''] = answer as string[];
    const made = await models.register({ name: 'logged', runId });
    expect(made).toMatchObject({ source: `models:/${modelId}`, loggedModelId: modelId, runId });
    expect(await models.loggedModel(modelId)).toMatchObject({
      id: modelId,
      name: 'model',
      runId,
    });

    const ids = [modelId, `m-${'0'.repeat(32)}`, "m-' OR '1'='1", modelId];
    const single = await models.loggedModel(modelId);
    expect(await models.loggedModels(ids)).toEqual(new Map([[modelId, single]]));

    // MLflow notes each version twice on the logged model, as a number and as text.
    const { text } = await rest(server, 'GET', `logged-models/${modelId}`);
    expect(text).toContain('mlflow.modelVersions');
    expect(await models.versionsOfRun(runId)).toHaveLength(1);

    const without = { name: 'logged', source: `models:/${modelId}`, run_id: runId };
    expect((await rest(server, 'POST', 'model-versions/create', without)).status).toBe(400);

    const predicted = await runPython(
      python ?? '',
      `
import json, mlflow
print(json.dumps(mlflow.sklearn.load_model("models:/logged/1").predict([[1]]).tolist()))
`,
      { MLFLOW_TRACKING_URI: server.url },
    );
    expect(predicted).toEqual([7]);
  });

  test('MLflow sees what asof registered, moved, named and noted', async () => {
    const { id } = await aModel('seen', 2);
    await models.setStage('seen', 2, 'Production');
    await models.setAlias('seen', 2, 'champion');
    await models.annotate('seen', 2, { tags: { 'asof.data': 'é' }, description: '**bold**' });
    const seen = await runPython(
      python ?? '',
      `
import json
from mlflow import MlflowClient
client = MlflowClient()
version = client.get_model_version_by_alias("seen", "champion")
staged = client.get_latest_versions("seen", ["Production"])
print(json.dumps({
    "version": version.version, "run": version.run_id, "stage": version.current_stage,
    "tags": version.tags, "description": version.description,
    "staged": [v.version for v in staged],
}))
`,
      { MLFLOW_TRACKING_URI: server.url },
    );
    expect(seen).toEqual({
      version: '2',
      run: id,
      stage: 'Production',
      tags: { 'asof.data': 'é' },
      description: '**bold**',
      staged: ['2'],
    });
  });
});
