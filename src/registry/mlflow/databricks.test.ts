import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../../test/support/tables.ts';
import { makeCertificate } from '../../../test/warehouse/certificate.ts';
import { connectMlflow } from './connect-mlflow.ts';

// What a workspace answers, in the shapes of the messages in MLflow 3.17 (`databricks_uc_registry_messages.proto`, `service.proto`).
// No live workspace stands behind these tests.

const version = {
  name: 'main.ml.churn',
  version: '3',
  creation_timestamp: 1_780_000_000_000,
  last_updated_timestamp: 1_780_000_000_001,
  user_id: 'ann@example.com',
  source: 'dbfs:/databricks/mlflow-tracking/1/ab/artifacts/model',
  run_id: 'ab12',
  run_experiment_id: '1',
  status: 'READY',
  aliases: [{ alias: 'champion', version: '3' }],
  tags: [{ key: 'team', value: 'growth' }],
};
const run = {
  run: {
    info: {
      run_id: 'ab12',
      experiment_id: '1',
      status: 'FINISHED',
      start_time: 1_780_000_000_000,
      artifact_uri: 'dbfs:/databricks/mlflow-tracking/1/ab12/artifacts',
      lifecycle_stage: 'active',
    },
    data: { params: [{ key: 'feature_table_version', value: '0' }] },
    inputs: {},
  },
};
const answers: Readonly<Record<string, unknown>> = {
  'GET /api/2.0/mlflow/runs/get': run,
  'GET /api/2.0/mlflow/unity-catalog/registered-models/get': {
    registered_model: { name: 'main.ml.churn', aliases: version.aliases },
  },
  'GET /api/2.0/mlflow/unity-catalog/registered-models/search': {
    registered_models: [{ name: 'main.ml.churn', aliases: version.aliases }],
  },
  'GET /api/2.0/mlflow/unity-catalog/registered-models/alias': { model_version: version },
  'GET /api/2.0/mlflow/unity-catalog/model-versions/get': { model_version: version },
  'GET /api/2.0/mlflow/unity-catalog/model-versions/search': { model_versions: [version] },
  'POST /api/2.0/mlflow/unity-catalog/model-versions/set-tag': {},
  'GET /api/2.0/mlflow/model-versions/search': {
    model_versions: [{ ...version, name: 'churn', aliases: [], current_stage: 'Production' }],
  },
  'GET /api/2.0/mlflow/registered-models/get': { registered_model: { name: 'churn' } },
  'POST /oidc/v1/token': { access_token: 'short-lived', expires_in: 3600, token_type: 'Bearer' },
};

describe('MLflow on Databricks', () => {
  const seen: {
    readonly call: string;
    readonly query: URLSearchParams;
    readonly authorization: string | undefined;
    readonly body: string;
  }[] = [];
  let source: { readonly env: Readonly<Record<string, string>>; readonly configFile: string };
  let close = () => {};
  beforeAll(async () => {
    const folder = await temporaryFolder();
    const certificate = makeCertificate(folder);
    const server = createServer(certificate, async (request: IncomingMessage, response) => {
      const url = new URL(request.url ?? '', 'https://h');
      const call = `${request.method} ${url.pathname}`;
      const { authorization } = request.headers;
      seen.push({ call, query: url.searchParams, authorization, body: await text(request) });
      const answer = answers[call];
      response
        .writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(answer ?? { error_code: 'ENDPOINT_NOT_FOUND', message: call }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const host = `https://localhost:${(server.address() as AddressInfo).port}`;
    const configFile = join(folder, '.databrickscfg');
    writeFileSync(configFile, `[prod]\nhost = ${host}\nclient_id = me\nclient_secret = secret\n`);
    source = {
      env: {
        DATABRICKS_HOST: host,
        DATABRICKS_TOKEN: 'dapi',
        DATABRICKS_CA_FILE: certificate.path,
      },
      configFile,
    };
    close = () => {
      server.close();
      server.closeAllConnections();
    };
  });
  afterAll(() => close());
  beforeEach(() => void seen.splice(0));

  const connect = (trackingUri: string, registryUri?: string) =>
    connectMlflow({
      trackingUri,
      databricks: source,
      // For another server, and not shown to Databricks.
      token: 'of-another-server',
      ...(registryUri !== undefined && { registryUri }),
    });

  test('a run is read from the workspace that the variables name, with their token', async () => {
    const { runs } = connect('databricks');
    expect(await runs.get('ab12')).toMatchObject({
      id: 'ab12',
      params: { feature_table_version: '0' },
    });
    expect(seen).toMatchObject([
      { call: 'GET /api/2.0/mlflow/runs/get', authorization: 'Bearer dapi' },
    ]);
    const page = runs.page({ id: 'ab12', experimentId: '1' } as Awaited<
      ReturnType<typeof runs.get>
    >);
    expect(page).toMatch(/\/ml\/experiments\/1\/runs\/ab12$/);
  });

  test('a model is one of Unity Catalog unless the registry URI says otherwise', async () => {
    const { models } = connect('databricks');
    expect(await models.byAlias('main.ml.churn', 'champion')).toMatchObject({
      name: 'main.ml.churn',
      version: 3,
      aliases: ['champion'],
      runId: 'ab12',
      tags: { team: 'growth' },
    });
    expect(await models.model('main.ml.churn')).toMatchObject({ versions: [{ version: 3 }] });
    const names = [];
    for await (const { name } of models.models()) names.push(name);
    expect(names).toEqual(['main.ml.churn']);
    await models.annotate('main.ml.churn', 3, { tags: { 'asof.data': 't@v0' } });
    expect(seen.filter(({ call }) => !call.includes('/unity-catalog/'))).toEqual([]);
    expect(seen.filter(({ query }) => query.has('order_by'))).toEqual([]);
    expect(JSON.parse(seen.at(-1)?.body ?? '')).toEqual({
      name: 'main.ml.churn',
      version: '3',
      key: 'asof.data',
      value: 't@v0',
    });
  });

  test('there are no stages in Unity Catalog, and no request is sent to find that out', async () => {
    const { models } = connect('databricks');
    await expect(models.inStage('main.ml.churn', 'Production')).rejects.toMatchObject({
      code: 'STAGE_UNSUPPORTED',
    });
    await expect(models.setStage('main.ml.churn', 3, 'Production')).rejects.toMatchObject({
      code: 'STAGE_UNSUPPORTED',
    });
    expect(seen).toEqual([]);
  });

  test('the registry of the workspace has the routes and the stages of open-source MLflow', async () => {
    const { models } = connect('databricks', 'databricks');
    expect(await models.inStage('churn', 'Production')).toMatchObject([{ version: 3 }]);
    expect(seen.map(({ call }) => call)).toEqual([
      'GET /api/2.0/mlflow/registered-models/get',
      'GET /api/2.0/mlflow/model-versions/search',
    ]);
  });

  test('a service principal of a profile asks for a token once, and uses it', async () => {
    const { runs } = connect('databricks://prod');
    await runs.get('ab12');
    await runs.get('ab12');
    expect(seen.map(({ call, authorization }) => [call, authorization])).toEqual([
      ['POST /oidc/v1/token', `Basic ${Buffer.from('me:secret').toString('base64')}`],
      ['GET /api/2.0/mlflow/runs/get', 'Bearer short-lived'],
      ['GET /api/2.0/mlflow/runs/get', 'Bearer short-lived'],
    ]);
    expect(seen[0]?.body).toBe('grant_type=client_credentials&scope=all-apis');
  });

  test('a profile that is not there is said to be missing', () => {
    expect(() => connect('databricks://nope')).toThrow(
      expect.objectContaining({ code: 'DATABRICKS_UNCONFIGURED' }),
    );
  });
});
