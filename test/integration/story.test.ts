import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { escapeMarkdown } from '../../src/lineage/annotate-model.ts';
import { historyLine } from '../../src/lineage/result/history.ts';
import { type RunResult, runResult } from '../../src/lineage/result/run.ts';
import { traceResult } from '../../src/lineage/result/trace.ts';
import { asofIn } from './support/asof.ts';
import { customers } from './support/customers.ts';
import { type MlflowServer, rest, startMlflow } from './support/mlflow-server.ts';
import { runPython } from './support/python.ts';
import { type Spark, type SparkCommit, sparkPython, startSpark } from './support/spark.ts';

const python = sparkPython ?? '';
const train = fileURLToPath(new URL('support/train.py', import.meta.url));
const table = 'analytics.customer_features';

// One story, told with the real things: Spark writes the table, scikit-learn trains under MLflow, a model is promoted, the table moves
// on. What the tests then ask is asked of the program asof, as a user types it.
describe.skipIf(sparkPython === undefined)('a model in Production', () => {
  let server: MlflowServer;
  let spark: Spark;
  let project: string;
  let location: string;
  let temporary: string;
  /** The trainings: model version 1 on table version 0, 2 on 1, 3 on the latest, from a copy of its rows. */
  let trained: readonly RunResult[];
  /** By version. */
  let history: readonly SparkCommit[];

  const asof = () =>
    asofIn(project, {
      MLFLOW_TRACKING_URI: server.url,
      REGISTER_AS: 'churn_model',
      TMPDIR: temporary,
    });
  const mlflow = (program: string, env: Readonly<Record<string, string>> = {}) =>
    runPython(python, program, { MLFLOW_TRACKING_URI: server.url, ...env });
  const trainedRun = (model: number): RunResult => {
    const result = trained[model - 1];
    if (result === undefined) throw new Error(`there was no training ${model}`);
    return result;
  };

  beforeAll(async () => {
    project = mkdtempSync(join(tmpdir(), 'asof-story-'));
    location = join(project, 'tables', 'customer_features');
    temporary = join(project, 'tmp');
    mkdirSync(join(project, 'tables'));
    mkdirSync(temporary);
    writeFileSync(join(project, 'asof.yaml'), `tables:\n  ${table}: ./tables/customer_features\n`);
    [server, spark] = await Promise.all([startMlflow(python), startSpark(python)]);

    const trainings: RunResult[] = [];
    const trainNow = async (options: readonly string[], ...args: readonly string[]) => {
      const result = await asof().json(
        ...['run', '--table', `features=${table}`, '--experiment', 'churn', ...options],
        ...['--', python, '-W', 'ignore', train, ...args],
      );
      trainings.push(runResult.parse(result));
    };
    await spark.sql('CREATE SCHEMA analytics');
    await spark.sql(
      `CREATE TABLE ${table} USING DELTA PARTITIONED BY (region) LOCATION '${location}' AS ${customers(1, 400, 1)}`,
    );
    await trainNow([]);
    await spark.sql(`INSERT INTO ${table} ${customers(401, 150, 2)}`);
    await trainNow([]);
    await mlflow(`
import json
from mlflow import MlflowClient
client = MlflowClient()
client.transition_model_version_stage("churn_model", "2", "Production")
client.set_registered_model_alias("churn_model", "champion", "2")
print(json.dumps("promoted"))
`);
    for (const change of changes) await spark.sql(change);
    await trainNow(['--rehydrate'], '--copy');
    trained = trainings;
    history = [...(await spark.history(location))].reverse();
  });
  afterAll(async () => {
    await Promise.all([server?.stop(), spark?.stop()]);
    rmSync(project, { recursive: true, force: true });
  });

  const changes = [
    `ALTER TABLE ${table} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')`,
    `DELETE FROM ${table} WHERE customer_id % 23 = 0`,
    `MERGE INTO ${table} t USING (${customers(371, 60, 3)} UNION ALL ${customers(551, 20, 4)}) u
      ON t.customer_id = u.customer_id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *`,
    `INSERT OVERWRITE ${table} ${customers(1, 500, 5)}`,
    `INSERT INTO ${table} ${customers(501, 100, 6)}`,
    `OPTIMIZE ${table}`,
    `UPDATE ${table} SET support_calls = support_calls + 1 WHERE customer_id % 7 = 0`,
  ];
  const latest = changes.length + 1;
  const models = [
    { model: 1, version: 0 },
    { model: 2, version: 1 },
    { model: 3, version: latest },
  ];

  test('the trainings were stamped with what was the latest version when each began', () => {
    expect(trained).toMatchObject(
      models.map(({ model, version }) => ({
        status: 'FINISHED',
        wasStamped: false,
        tables: [{ alias: 'features', ref: table, version }],
        models: [{ name: 'churn_model', version: model }],
        moved: [],
      })),
    );
  });

  describe('trace', () => {
    const traced = async (ref: string) => traceResult.parse(await asof().json('trace', ref));

    test.each([
      ['models:/churn_model/Production', () => 'models:/churn_model/Production'],
      ['models:/churn_model@champion', () => 'models:/churn_model@champion'],
      ['models:/churn_model/2', () => 'models:/churn_model/2'],
    ])('%s tells version 1, stamped, and how it was written', async (_, ref) => {
      const { model, links, warnings } = await traced(ref());
      expect(model).toMatchObject({
        name: 'churn_model',
        version: 2,
        stages: ['Production'],
        aliases: ['champion'],
        runId: trainedRun(2).runId,
      });
      expect(links).toMatchObject([
        {
          alias: 'features',
          table: { ref: table, location },
          version: 1,
          operation: 'WRITE',
          certainty: 'stamped',
          confidence: 1,
          conflicts: [],
          state: 'readable',
          rows: 550,
        },
      ]);
      expect(links[0]?.committedAt).toBe(history[1]?.timestamp);
      expect(warnings).toEqual([]);
    });

    test('the table id is the one that Spark gave the table', async () => {
      const [detail] = await spark.sql(`DESCRIBE DETAIL ${table}`);
      const { links } = await traced('models:/churn_model/Production');
      expect(links[0]?.table.id).toBe(detail?.['id']);
    });

    test.each(models)(
      'runs:/ and models:/m- of model $model tell version $version',
      async ({ model, version }) => {
        const { runId } = trainedRun(model);
        const link = {
          version,
          certainty: 'stamped',
          operation: history[version]?.operation,
          committedAt: history[version]?.timestamp,
        };
        expect((await traced(`runs:/${runId}`)).links).toMatchObject([link]);
        const { json } = await rest(server, 'GET', `runs/get?run_id=${runId}`);
        const [logged] = (json as RunAnswer).run.outputs.model_outputs;
        expect((await traced(`models:/${logged?.model_id}`)).links).toMatchObject([link]);
      },
    );
  });

  describe('rehydrate', () => {
    test.each(models)(
      'gives the rows of model $model as Spark reads them at version $version',
      async ({ model, version }) => {
        const out = join(project, `data-${model}`);
        await asof().json('rehydrate', `models:/churn_model/${model}`, '--out', out);
        const expected = await spark.rows(location, { versionAsOf: version });
        const found = await spark.rows(out, { format: 'parquet' });
        expect(found.schema.fields.map(({ name, type }) => [name, type])).toEqual(
          expected.schema.fields.map(({ name, type }) => [name, type]),
        );
        expect(difference(found.lines, expected.lines)).toBeUndefined();
        expect(found.lines.length).toBe(trainedRun(model).tables[0]?.rows);
      },
    );

    test('gives rows on which the same training reaches the same metrics', async () => {
      const out = join(project, 'again');
      await asof().json('rehydrate', 'models:/churn_model/Production', '--out', out);
      const env = { ASOF_FEATURES_PATH: out, MLFLOW_EXPERIMENT_NAME: 'again' };
      const program = `import sys\nsys.argv = [${JSON.stringify(train)}, "--copy"]\nexec(open(sys.argv[0]).read())`;
      const { run } = (await mlflow(program, env)) as { run: string };
      const metrics = await metricsOf(run);
      expect(metrics).toEqual(await metricsOf(trainedRun(2).runId));
      expect(Object.keys(metrics)).toEqual(
        expect.arrayContaining(['test_accuracy', 'test_loss', 'training_score']),
      );
      expect(metrics).not.toEqual(await metricsOf(trainedRun(1).runId));
    });

    async function metricsOf(runId: string): Promise<Readonly<Record<string, number>>> {
      const { json } = await rest(server, 'GET', `runs/get?run_id=${runId}`);
      return Object.fromEntries(
        (json as RunAnswer).run.data.metrics.map(({ key, value }) => [key, value]),
      );
    }

    test('leaves no copy behind that asof run made for a training', () => {
      expect(readdirSync(temporary).filter((name) => name.startsWith('asof-run-'))).toEqual([]);
    });
  });

  test('history is DESCRIBE HISTORY, all columns of it', async () => {
    const lines = (await asof().json('history', table)) as readonly unknown[];
    const found = lines.map((line) => {
      const { schemaVersion, ...columns } = historyLine.parse(line);
      return columns;
    });
    expect(found.reverse()).toEqual(history);
    expect(new Set(history.map(({ operation }) => operation))).toEqual(
      new Set([
        ...['CREATE TABLE AS SELECT', 'WRITE', 'SET TBLPROPERTIES', 'DELETE', 'MERGE'],
        ...['OPTIMIZE', 'UPDATE'],
      ]),
    );
  });

  describe("MLflow's own client", () => {
    test.each(models)(
      'loads version $version from the dataset input of model $model',
      async ({ model, version }) => {
        const loaded = await spark.python(`
import mlflow
mlflow.set_tracking_uri("${server.url}")
inputs = mlflow.get_run("${trainedRun(model).runId}").inputs.dataset_inputs
[ours] = [given for given in inputs if given.dataset.source_type == "delta_table"]
source = mlflow.data.get_source(ours)
result = {
    "name": ours.dataset.name,
    "context": {tag.key: tag.value for tag in ours.tags}["mlflow.data.context"],
    "lines": rows_of(source.load()),
    "again": rows_of(type(source).from_dict(source.to_dict()).load()),
}
`);
        const { lines } = await spark.rows(location, { versionAsOf: version });
        const found = loaded as { name: string; context: string; lines: string[]; again: string[] };
        expect(found).toMatchObject({ name: `${table}@v${version}`, context: 'training' });
        expect(difference(found.lines, lines)).toBeUndefined();
        // As it is when somebody logs the source of this run for a run of their own.
        expect(difference(found.again, lines)).toBeUndefined();
      },
    );

    test('sees params and tags of the run, and the model version with tag and description', async () => {
      const seen = await mlflow(`
import json
from mlflow import MlflowClient
client = MlflowClient()
run = client.get_run("${trainedRun(2).runId}")
version = client.get_model_version("churn_model", "2")
params = {key: value for key, value in run.data.params.items() if "table" in key}
print(json.dumps([run.info.status, params, json.loads(run.data.tags["asof.stamp"])["tables"], version.tags, version.description]))
`);
      const [status, params, tables, tags, description] = seen as unknown[];
      expect(status).toBe('FINISHED');
      expect(params).toEqual({
        feature_table: table,
        feature_table_version: '1',
        features_table: table,
        features_table_version: '1',
      });
      expect(tables).toMatchObject([{ alias: 'features', ref: table, version: 1 }]);
      expect(tags).toEqual({ 'asof.data': `${table}@v1` });
      expect(description).toContain('**Trained on**');
    });

    test("keeps somebody's own description when the run is stamped again", async () => {
      const model = { name: 'churn_model', version: '1' };
      const described = async () => {
        const query = new URLSearchParams(model);
        const { json } = await rest(server, 'GET', `model-versions/get?${query}`);
        return (json as { model_version: { description: string } }).model_version.description;
      };
      const describe = (description: string) =>
        rest(server, 'PATCH', 'model-versions/update', { ...model, description });
      const stampAgain = () =>
        asof().json('stamp', '--run', trainedRun(1).runId, '--table', `features=${table}@v0`);

      const block = await described();
      expect(block).toContain(`${escapeMarkdown(table)} version 0`);
      const around = `Reviewed by **Ann**.\n\n${block}\n\nNot for children.`;
      await describe(around);
      expect(await stampAgain()).toMatchObject({ wasStamped: true });
      expect(await described()).toBe(around);
      await describe('Only by Ann.');
      await stampAgain();
      expect(await described()).toBe(`Only by Ann.\n\n${block}`);
    });
  });

  describe('a run that was stamped by hand', () => {
    let runIds: Readonly<Record<string, string>>;
    beforeAll(async () => {
      const byVersion = (version: string) =>
        `{"feature_table": "${table}", "feature_table_version": "${version}"}`;
      const beforeThree = Date.parse(history[3]?.timestamp ?? '') - 1;
      const found = await mlflow(`
import json
from mlflow import MlflowClient
client = MlflowClient()
runs = {}
def stamp(name, params, start_time=None):
    run = client.create_run("0", start_time=start_time).info.run_id
    for key, value in params.items():
        client.log_param(run, key, value)
    client.set_terminated(run)
    runs[name] = run
stamp("0", ${byVersion('0')})
stamp("3", ${byVersion('3')})
stamp("v3", ${byVersion('v3')})
stamp("99", ${byVersion('99')})
stamp("2 before 3", ${byVersion('2')}, ${beforeThree})
stamp("3 before 3", ${byVersion('3')}, ${beforeThree})
stamp("training_data_version", {"training_data_version": "4"})
print(json.dumps(runs))
`);
      runIds = found as Readonly<Record<string, string>>;
    });

    async function linksOf(runId: string | undefined, ...args: readonly string[]) {
      const { stdout } = await asof().run('trace', `runs:/${runId}`, ...args, '--json');
      return traceResult.parse(JSON.parse(stdout)).links;
    }

    test.each([
      ['0', 0],
      ['3', 3],
      ['v3', 3],
    ])('with feature_table_version %s is recorded', async (text, version) => {
      expect(await linksOf(runIds[text])).toMatchObject([
        {
          certainty: 'recorded',
          table: { ref: table },
          version,
          committedAt: history[version]?.timestamp,
          evidence: [{ kind: 'param', version }],
          conflicts: [],
        },
      ]);
    });

    test('with training_data_version is recorded for the table that --table names', async () => {
      const runId = runIds['training_data_version'];
      expect(await linksOf(runId)).toEqual([]);
      expect(await linksOf(runId, '--table', table)).toMatchObject([
        { certainty: 'recorded', version: 4, operation: 'MERGE', table: { ref: table } },
      ]);
    });

    test('with a version that was committed after it had started is conflicting', async () => {
      expect(await linksOf(runIds['2 before 3'])).toMatchObject([
        { certainty: 'recorded', version: 2 },
      ]);
      expect(await linksOf(runIds['3 before 3'])).toMatchObject([
        {
          certainty: 'conflicting',
          version: 3,
          conflicts: ['version 3 was committed after the run had started'],
        },
      ]);
    });

    test('with a version that does not exist is conflicting', async () => {
      expect(await linksOf(runIds['99'])).toMatchObject([
        {
          certainty: 'conflicting',
          version: 99,
          conflicts: [`the table has no version 99: its latest is ${latest}`],
        },
      ]);
    });

    test("with MLflow's own dataset of version 0, which lost the version, is inferred from the rows that it counted", async () => {
      const startedAt = Date.parse(history[1]?.timestamp ?? '') + 1;
      const runId = await spark.python(`
import mlflow
mlflow.set_tracking_uri("${server.url}")
client = mlflow.MlflowClient()
result = client.create_run("0", start_time=${startedAt}).info.run_id
with mlflow.start_run(result):
    mlflow.log_input(mlflow.data.load_delta("${location}", version=0, name="v0"), context="training")
`);
      const { exitCode, stdout } = await asof().run('trace', `runs:/${runId}`, '--json');
      expect(exitCode).toBe(0);
      const { links, warnings } = traceResult.parse(JSON.parse(stdout));
      expect(links).toMatchObject([
        {
          certainty: 'inferred',
          version: 0,
          evidence: [{ kind: 'dataset-input', version: null }],
          candidates: [{ version: 0 }],
        },
      ]);
      expect(warnings).toMatchObject([{ code: 'VERSION_INFERRED' }]);
    });
  });
});

/** Where two readings of the same rows part, which is nowhere. */
function difference(found: readonly string[], expected: readonly string[]): object | undefined {
  const line = Array.from({ length: Math.max(found.length, expected.length) }).findIndex(
    (_, index) => found[index] !== expected[index],
  );
  if (line < 0) return;
  const counts = { found: found.length, expected: expected.length };
  return { counts, line, found: found[line], expected: expected[line] };
}

interface RunAnswer {
  readonly run: {
    readonly data: {
      readonly metrics: readonly { readonly key: string; readonly value: number }[];
    };
    readonly outputs: { readonly model_outputs: readonly { readonly model_id: string }[] };
  };
}
