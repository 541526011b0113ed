import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectMlflow } from '../../src/registry/mlflow/connect-mlflow.ts';
import { readMlflowCredentials } from '../../src/registry/mlflow/credentials-file.ts';
import type { RunStore } from '../../src/registry/run-store.ts';
import { type MlflowServer, startMlflow } from './support/mlflow-server.ts';
import { runPython } from './support/python.ts';

const python = inject('python');

// MLflow's own client beside ours: each sees what the other wrote.
describe.skipIf(python === undefined)("MLflow's Python client", () => {
  let server: MlflowServer;
  let runs: RunStore;
  beforeAll(async () => {
    server = await startMlflow(python ?? '');
    ({ runs } = connectMlflow({ trackingUri: server.url }));
  });
  afterAll(() => server?.stop());

  const execute = (program: string, env: Readonly<Record<string, string>> = {}) =>
    runPython(python ?? '', program, { MLFLOW_TRACKING_URI: server.url, ...env });

  test('sees params, tags, metrics and inputs as asof wrote them', async () => {
    const { id } = await runs.start({ name: 'ours' });
    const source = '{"path":"/d/é","delta_table_version":47}';
    await runs.record(id, {
      params: { feature_table_version: '47' },
      tags: { 'asof.stamp': '{"v":1}' },
      metrics: { auc: 0.9 },
      inputs: [
        { name: 't@v47', digest: 'abc', sourceType: 'delta_table', source, context: 'training' },
      ],
    });
    await runs.end(id, 'FINISHED');
    const seen = await execute(`
import json, mlflow
run = mlflow.get_run("${id}")
[given] = run.inputs.dataset_inputs
print(json.dumps([run.info.status, run.info.run_name, run.data.params, run.data.metrics, run.data.tags["asof.stamp"],
    given.dataset.name, given.dataset.digest, given.dataset.source, [[t.key, t.value] for t in given.tags]]))
`);
    expect(seen).toEqual([
      ...['FINISHED', 'ours', { feature_table_version: '47' }, { auc: 0.9 }, '{"v":1}'],
      ...['t@v47', 'abc', source, [['mlflow.data.context', 'training']]],
    ]);
  });

  // A stand-in for Spark notes with which options MLflow's DeltaDatasetSource would read the table.
  const loading = (runId: string) => `
import json, mlflow
from pyspark.sql import SparkSession
class Reader(dict):
    def format(self, name): return self
    def option(self, key, value): self[key] = value; return self
    def load(self, path): return dict(self, path=path)
class Session:
    read = Reader()
class Builder:
    def getOrCreate(self): return Session()
SparkSession.builder = Builder()
[given] = mlflow.get_run("${runId}").inputs.dataset_inputs
source = mlflow.data.get_source(given.dataset)
print(json.dumps([type(source).__name__, source.delta_table_version, source.load(), source.to_dict()]))
`;

  test.each([
    {
      why: 'text: MLflow loads it, and keeps it when it logs the source again',
      stored: '"0"',
      version: '0',
      again: { path: '/d', delta_table_version: '0' },
    },
    {
      why: 'a number: MLflow loads it, and drops it when it logs the source again',
      stored: '0',
      version: 0,
      again: { path: '/d' },
    },
    {
      why: 'a later version',
      stored: '47',
      version: 47,
      again: { path: '/d', delta_table_version: 47 },
    },
  ])('reads a version that asof wrote as $why', async ({ stored, version, again }) => {
    const { id } = await runs.start({});
    const source = `{"path":"/d","delta_table_version":${stored}}`;
    const input = {
      name: 't',
      digest: `v${stored.length}${version}`,
      sourceType: 'delta_table',
      source,
    };
    await runs.record(id, { inputs: [input] });
    expect(await execute(loading(id))).toEqual([
      'DeltaDatasetSource',
      version,
      { path: '/d', versionAsOf: version },
      again,
    ]);
  });

  test('itself loses version 0, and what is left says nothing of a version', async () => {
    const runId = await execute(`
import json, mlflow, pandas
from mlflow.data.delta_dataset_source import DeltaDatasetSource
source = DeltaDatasetSource(path="/d", delta_table_version=0)
with mlflow.start_run() as run:
    mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame({"a": [1]}), source=source, name="t"), context="training")
print(json.dumps(run.info.run_id))
`);
    const { inputs } = await runs.get(String(runId));
    expect(inputs).toMatchObject([
      { name: 't', sourceType: 'delta_table', source: '{"path": "/d"}', context: 'training' },
    ]);
    expect(inputs[0]?.schema).toContain('mlflow_colspec');
  });

  test('reads the same login from its credentials file', async () => {
    const home = mkdtempSync(join(tmpdir(), 'asof-home-'));
    const path = join(home, '.mlflow', 'credentials');
    const lines = [
      '# of the whole team',
      '[other]',
      'mlflow_tracking_username = nobody',
      '[mlflow]',
      'MLFLOW_TRACKING_USERNAME: ann é',
      'mlflow_tracking_password =  50%%=a:b #c;d  ',
    ];
    mkdirSync(join(home, '.mlflow'));
    writeFileSync(path, lines.join('\n'));
    try {
      const seen = await execute(
        `
import json
from mlflow.utils.credentials import read_mlflow_creds
print(json.dumps(read_mlflow_creds()._asdict()))
`,
        { HOME: home },
      );
      expect(seen).toEqual({ username: 'ann é', password: '50%=a:b #c;d' });
      expect(await readMlflowCredentials(path)).toEqual(seen);
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  describe('in a program that asof started', () => {
    const train = `
import json, mlflow, numpy
from sklearn.linear_model import LinearRegression
`;

    async function startedRun(experiment?: string) {
      const run = await runs.start({ ...(experiment !== undefined && { experiment }) });
      return { run, env: runs.environment(run) };
    }

    test('joins the run with start_run, and a second start_run is a run of its own beside it', async () => {
      const { run, env } = await startedRun('joined');
      const ids = await execute(
        `${train}
ids = []
for _ in range(2):
    with mlflow.start_run() as run:
        ids.append([run.info.run_id, run.info.experiment_id])
print(json.dumps(ids))
`,
        env,
      );
      expect(ids).toEqual([
        [run.id, run.experimentId],
        [expect.not.stringMatching(run.id), run.experimentId],
      ]);
      expect(await runs.get(run.id)).toMatchObject({ status: 'FINISHED' });
    });

    test('is in the right experiment also where the environment names another', async () => {
      const { run } = await startedRun('wanted');
      await startedRun('unwanted');
      const env = { MLFLOW_EXPERIMENT_NAME: 'unwanted', ...runs.environment(run) };
      const ids = await execute(
        `${train}
with mlflow.start_run(): pass
with mlflow.start_run() as run: print(json.dumps(run.info.experiment_id))
`,
        env,
      );
      expect(ids).toBe(run.experimentId);
    });

    test('joins the run with autolog alone, whose input says nothing of a table', async () => {
      const { run, env } = await startedRun();
      await execute(
        `${train}
mlflow.sklearn.autolog()
LinearRegression().fit(numpy.array([[0], [1]]), numpy.array([0, 1]))
print(json.dumps(mlflow.last_active_run().info.run_id))
`,
        env,
      );
      const trained = await runs.get(run.id);
      expect(trained).toMatchObject({ status: 'FINISHED', params: { fit_intercept: 'True' } });
      expect(trained.inputs).toMatchObject([{ sourceType: 'code', context: 'train' }]);
    });

    test('joins the run with set_experiment of the same experiment', async () => {
      const { run, env } = await startedRun('the same');
      const id = await execute(
        `${train}
mlflow.set_experiment("the same")
with mlflow.start_run() as run: print(json.dumps(run.info.run_id))
`,
        env,
      );
      expect(id).toBe(run.id);
    });

    test('fails with set_experiment of another, and does not leave for it', async () => {
      const { run, env } = await startedRun('here');
      const failure = execute(
        `${train}
mlflow.set_experiment("elsewhere")
with mlflow.start_run() as run: print(json.dumps(run.info.run_id))
`,
        env,
      );
      await expect(failure).rejects.toThrow('active experiment ID does not match');
      expect(await runs.get(run.id)).toMatchObject({ status: 'RUNNING' });
    });

    test('says FAILED when it fails', async () => {
      const { run, env } = await startedRun();
      const failure = execute(`${train}\nwith mlflow.start_run(): raise SystemExit(3)`, env);
      await expect(failure).rejects.toThrow();
      expect(await runs.get(run.id)).toMatchObject({ status: 'FAILED' });
    });

    test('keeps what asof stamped before', async () => {
      const { run, env } = await startedRun();
      const stamp = { params: { feature_table_version: '0' }, tags: { 'asof.stamp': 'x' } };
      await runs.record(run.id, stamp);
      await execute(
        `${train}
with mlflow.start_run():
    mlflow.log_param("depth", 3)
print(json.dumps("done"))
`,
        env,
      );
      await runs.record(run.id, stamp);
      const trained = await runs.get(run.id);
      expect(trained.params).toEqual({ feature_table_version: '0', depth: '3' });
    });
  });
});
