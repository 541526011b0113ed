import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  backfill,
  connectRegistry,
  connectTables,
  doctor,
  impact,
  loadSettings,
  parseModelRef,
  parseTableName,
  resultSchemas,
  streamOffsets,
  syncRegistry,
  type TraceResult,
  type TraceSources,
  tableUpstream,
  trace,
} from '../../src/index.ts';
import { type MlflowServer, startMlflow } from './support/mlflow-server.ts';
import { type Spark, sparkPython, startSpark } from './support/spark.ts';

/** What a run is: how MLflow's own client recorded it, and what it really read. */
interface Animal {
  /** The table, from 0: 30, 50, 80 rows at v0, v1, v2. */
  readonly truth: number;
  /** Python inside a run; `table` is the path, `name` a table's name, `spark` the session. */
  readonly code: string;
  /** `true`: the answer is the true version. `false`: it may also be unknown. */
  readonly isKnown: boolean;
  /** Codes of warnings, some at least; a wrong answer without one is the failure that this file is about. */
  readonly warned?: readonly string[];
  readonly certainty?: string;
}

const at = (version: number) =>
  `spark.read.format("delta").option("versionAsOf", ${version}).load(table)`;
const pandas = (rows: number) =>
  `pandas.DataFrame({"id": range(${rows}), "amount": [float(i) for i in range(${rows})]})`;
const log = (dataset: string) => `mlflow.log_input(${dataset}, context="training")`;

const zoo: Readonly<Record<string, Animal>> = {
  'load_delta of the latest': {
    truth: 2,
    code: log('mlflow.data.load_delta(path=table)'),
    isKnown: true,
    certainty: 'recorded',
  },
  'load_delta of version 1': {
    truth: 1,
    code: log('mlflow.data.load_delta(path=table, version="1")'),
    isKnown: true,
    certainty: 'recorded',
  },
  'load_delta of version 0, which MLflow loses': {
    truth: 0,
    code: log('mlflow.data.load_delta(path=table, version=0)'),
    isKnown: true,
    certainty: 'inferred',
    warned: ['VERSION_INFERRED'],
  },
  'load_delta of a table by its name': {
    truth: 1,
    code: log('mlflow.data.load_delta(table_name="analytics.t", version="1")'),
    isKnown: true,
    certainty: 'recorded',
  },
  'load_delta of a table by its whole name': {
    truth: 2,
    code: log('mlflow.data.load_delta(table_name="spark_catalog.analytics.t")'),
    isKnown: true,
    certainty: 'recorded',
  },
  'from_spark of a table by its name, recorded as the latest': {
    truth: 1,
    code: log(
      'mlflow.data.from_spark(spark.sql("SELECT * FROM analytics.t VERSION AS OF 1"), table_name="analytics.t")',
    ),
    isKnown: true,
    certainty: 'conflicting',
  },
  'a source without a dataset': {
    truth: 1,
    code: `from mlflow.data.delta_dataset_source import DeltaDatasetSource
from mlflow.data.meta_dataset import MetaDataset
${log('MetaDataset(source=DeltaDatasetSource(path=table, delta_table_version=1))')}`,
    isKnown: true,
    certainty: 'recorded',
  },
  'from_spark of version 1, recorded as the latest': {
    truth: 1,
    code: log(`mlflow.data.from_spark(${at(1)}, path=table)`),
    isKnown: true,
    certainty: 'conflicting',
  },
  'from_spark of version 0 and told so, recorded as the latest': {
    truth: 0,
    code: log(`mlflow.data.from_spark(${at(0)}, path=table, version=0)`),
    isKnown: true,
    certainty: 'conflicting',
  },
  'from_spark of version 0, given as text': {
    truth: 0,
    code: log(`mlflow.data.from_spark(${at(0)}, path=table, version="0")`),
    isKnown: true,
    certainty: 'recorded',
  },
  'from_spark with a filter': {
    truth: 1,
    code: log(`mlflow.data.from_spark(${at(1)}.filter("id > 5"), path=table, version="1")`),
    isKnown: true,
    warned: ['VERSION_DOUBTFUL'],
  },
  'from_spark of a URL, recorded without a version': {
    truth: 2,
    code: log(`mlflow.data.from_spark(${at(2)}, path="file://" + table)`),
    isKnown: true,
    certainty: 'inferred',
    warned: ['VERSION_INFERRED'],
  },
  'from_spark of a URL, of an older version': {
    truth: 1,
    code: log(`mlflow.data.from_spark(${at(1)}, path="file://" + table)`),
    isKnown: true,
    certainty: 'inferred',
    warned: ['VERSION_INFERRED'],
  },
  'from_spark of SQL that says its version': {
    truth: 1,
    code: `sql = f"SELECT * FROM delta.\`{table}\` VERSION AS OF 1"
${log('mlflow.data.from_spark(spark.sql(sql), sql=sql)')}`,
    isKnown: true,
    certainty: 'recorded',
  },
  'from_spark without any source': {
    truth: 1,
    code: log(`mlflow.data.from_spark(${at(1)})`),
    isKnown: false,
    warned: ['NOTHING_RECORDED'],
  },
  'from_pandas of a folder': {
    truth: 1,
    code: log(`mlflow.data.from_pandas(${pandas(50)}, source=table)`),
    isKnown: true,
    certainty: 'inferred',
    warned: ['VERSION_INFERRED'],
  },
  'from_pandas without a source': {
    truth: 1,
    code: log(`mlflow.data.from_pandas(${pandas(50)})`),
    isKnown: false,
    warned: ['NOTHING_RECORDED'],
  },
  'from_pandas with a DeltaDatasetSource': {
    truth: 2,
    code: `from mlflow.data.delta_dataset_source import DeltaDatasetSource
${log(`mlflow.data.from_pandas(${pandas(80)}, source=DeltaDatasetSource(path=table, delta_table_version=2))`)}`,
    isKnown: true,
    certainty: 'recorded',
  },
  'from_numpy of a file of the table': {
    truth: 0,
    code: `import glob, numpy
file = sorted(glob.glob(table + "/*.parquet"), key=os.path.getmtime)[0]
${log('mlflow.data.from_numpy(numpy.zeros((30, 2)), source=file)')}`,
    isKnown: false,
    certainty: 'inferred',
    warned: ['VERSION_INFERRED'],
  },
  'from_huggingface of files of the table': {
    truth: 2,
    code: `import datasets
files = ${at(2)}.inputFiles()
data = datasets.load_dataset("parquet", data_files=files, split="train")
${log('mlflow.data.from_huggingface(data, path="parquet", data_files=files)')}`,
    isKnown: true,
    certainty: 'inferred',
    warned: ['VERSION_INFERRED'],
  },
  'sklearn autologging': {
    truth: 2,
    code: `import sklearn.linear_model
mlflow.sklearn.autolog(log_models=False, silent=True)
frame = ${pandas(80)}
sklearn.linear_model.LinearRegression().fit(frame[["id"]], frame["amount"])
mlflow.sklearn.autolog(disable=True)`,
    isKnown: false,
    warned: ['NOTHING_RECORDED'],
  },
  'params by hand': {
    truth: 1,
    code: 'mlflow.log_params({"feature_table": table, "feature_table_version": 1})',
    isKnown: true,
    certainty: 'recorded',
  },
  'tags by hand': {
    truth: 0,
    code: 'mlflow.set_tags({"delta_path": table, "delta_version": 0})',
    isKnown: true,
    certainty: 'recorded',
  },
  'a param with the version in it': {
    truth: 1,
    code: 'mlflow.log_param("training_data", table + "@v1")',
    isKnown: true,
    certainty: 'recorded',
  },
  'params of a framework that parts names by slashes': {
    truth: 1,
    code: 'mlflow.log_params({"data/path": f"delta.`{table}`", "data/version": 1})',
    isKnown: true,
    certainty: 'recorded',
  },
  'a param with SQL': {
    truth: 1,
    code: 'mlflow.log_param("train_query", "SELECT id, amount\\nFROM analytics.t VERSION AS OF 1")',
    isKnown: true,
    certainty: 'recorded',
  },
  'a param that is a dict': {
    truth: 1,
    code: 'mlflow.log_param("training_data", {"path": table, "version": 1, "sample": None})',
    isKnown: true,
    certainty: 'recorded',
  },
  'a param that is a list of tables': {
    truth: 1,
    code: 'mlflow.log_param("feature_tables", [table + "@v1"])',
    isKnown: true,
    certainty: 'recorded',
  },
  'a param whose name holds that of the table': {
    truth: 1,
    code: 'mlflow.log_param("analytics.t_version", 1)',
    isKnown: true,
    certainty: 'recorded',
  },
  'a param that maps tables to versions': {
    truth: 0,
    code: 'mlflow.log_param("table_versions", {"analytics.t": 0, "analytics.other": 3})',
    isKnown: true,
    certainty: 'recorded',
  },
  'a param with a moment': {
    truth: 1,
    code: `when = spark.sql(f"DESCRIBE HISTORY delta.\`{table}\`").where("version = 1").selectExpr("date_format(timestamp, 'yyyy-MM-dd HH:mm:ss.SSSXXX')").first()[0]
mlflow.log_params({"train_table": table, "train_timestamp_as_of": when})`,
    isKnown: true,
    certainty: 'recorded',
  },
  'a param with a moment without its time zone': {
    truth: 2,
    code: 'mlflow.log_params({"train_table": table, "train_timestamp_as_of": "2026-03-01 10:00:00"})',
    isKnown: false,
    warned: ['VERSION_UNREADABLE'],
  },
  'a param with the table, and none with its version': {
    truth: 2,
    code: 'mlflow.log_params({"data_path": table, "output_path": table + "/out"})',
    isKnown: true,
    certainty: 'inferred',
    warned: ['VERSION_INFERRED'],
  },
  'a param with a table that has a version, and another with another': {
    truth: 1,
    code: 'mlflow.log_params({"feature_table": table + "@v1", "feature_table_version": 2})',
    isKnown: false,
    certainty: 'conflicting',
  },
  'params under names of a team': {
    truth: 1,
    code: 'mlflow.log_params({"ours.a.where": table, "ours.a.rev": 1})',
    isKnown: true,
    certainty: 'recorded',
  },
  'Spark autologging': {
    truth: 2,
    code: `from mlflow.spark.autologging import _get_table_info_string
mlflow.set_tag("sparkDatasourceInfo", "\\n".join([
    _get_table_info_string("/data/csv", None, "csv"), _get_table_info_string(table, "2", "delta")]))`,
    isKnown: true,
    certainty: 'recorded',
    warned: ['READS_MAY_BE_OTHERS'],
  },
  'metadata of the model': {
    truth: 1,
    code: `mlflow.pyfunc.log_model(name="model", python_model=Model(), metadata={"feature_table": table, "feature_table_version": 1})`,
    isKnown: true,
    certainty: 'recorded',
  },
  'a feature store': {
    truth: 2,
    code: `spec = [
    "input_columns:", "- id:", "    source: feature_store", f"    table_name: {table}", "    feature_name: amount",
    "input_tables:", f"- {table}:", f"    table_id: {table_id}", "serialization_version: 11"]
mlflow.log_text("\\n".join(spec), "model/data/feature_store/feature_spec.yaml")`,
    isKnown: true,
    certainty: 'inferred',
    warned: ['VERSION_INFERRED'],
  },
  'a run inside another that records the table': {
    truth: 1,
    code: `mlflow.log_params({"feature_table": table, "feature_table_version": 1})
with mlflow.start_run(nested=True) as child:
    asked = child.info.run_id`,
    isKnown: true,
    certainty: 'recorded',
  },
  'a run around others that record the table': {
    truth: 0,
    code: `with mlflow.start_run(nested=True):
    mlflow.log_params({"feature_table": table, "feature_table_version": 0})`,
    isKnown: true,
    certainty: 'recorded',
  },
  'a record of a version that came later': {
    truth: 2,
    code: 'mlflow.log_params({"feature_table": table, "feature_table_version": 7})',
    isKnown: false,
    certainty: 'conflicting',
  },
  'a dataset that MLflow keeps from an earlier run': {
    truth: 2,
    code: `from mlflow.data.delta_dataset_source import DeltaDatasetSource
${log(`mlflow.data.from_pandas(${pandas(80)}, source=DeltaDatasetSource(path=table, delta_table_version=2), name="kept", digest="same")`)}`,
    isKnown: false,
    warned: ['VERSION_DOUBTFUL', 'RECORDS_CONFLICT'],
  },
};

describe.skipIf(sparkPython === undefined)('the zoo of records', () => {
  let folder: string;
  let server: MlflowServer;
  let spark: Spark;
  const runs: Record<string, string> = {};
  let traced: Readonly<Record<string, TraceResult>>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'asof-zoo-'));
    [server, spark] = await Promise.all([
      startMlflow(sparkPython ?? ''),
      startSpark(sparkPython ?? ''),
    ]);
    const write = (first: number, count: number) =>
      `spark.range(${first}, ${first + count}).selectExpr("id", "double(id) amount").coalesce(1).write.format("delta").mode("append").save("${folder}/t")`;
    const program = (code: string, name: string) => `
import os, mlflow, pandas
mlflow.set_tracking_uri("${server.url}")
table = "${folder}/t"
table_id = spark.sql(f"DESCRIBE DETAIL delta.\`{table}\`").first()["id"]
class Model(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None): return model_input
# One experiment for all would mix their datasets: MLflow keeps the first of a name and digest.
mlflow.set_experiment(${JSON.stringify(name.startsWith('a dataset') ? 'first' : name)})
asked = None
with mlflow.start_run(run_name=${JSON.stringify(name)}) as run:
${code.replace(/^/gm, '    ')}
result = asked or run.info.run_id
`;
    await spark.python(write(0, 30));
    // The first to have the dataset: MLflow keeps its version.
    await spark.python(
      program(
        `from mlflow.data.delta_dataset_source import DeltaDatasetSource
${log(`mlflow.data.from_pandas(${pandas(30)}, source=DeltaDatasetSource(path=table, delta_table_version="0"), name="kept", digest="same")`)}`,
        'first',
      ),
    );
    await spark.python(write(30, 20));
    await spark.python(write(50, 30));
    await spark.sql('CREATE DATABASE IF NOT EXISTS analytics');
    await spark.sql(`CREATE TABLE analytics.t USING delta LOCATION '${folder}/t'`);
    for (const [name, { code }] of Object.entries(zoo)) {
      runs[name] = String(await spark.python(program(code, name)));
    }
    writeFileSync(
      join(folder, 'asof.yaml'),
      `tables:\n  analytics.t: ./t\nevidence:\n  pairs:\n    - { version: 'ours.*.rev', table: 'ours.*.where' }\n`,
    );
    traced = await traceAll();
  }, 600_000);
  afterAll(async () => {
    await Promise.all([server?.stop(), spark?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function traceAll(): Promise<Readonly<Record<string, TraceResult>>> {
    const settings = await loadSettings({ cwd: folder, env: { MLFLOW_TRACKING_URI: server.url } });
    const registry = await connectRegistry(settings);
    const sources = { ...registry, tables: connectTables(settings, { cwd: folder }) };
    const { versionParams, evidenceNames } = settings;
    const results: Record<string, TraceResult> = {};
    for (const [name, id] of Object.entries(runs)) {
      const options = { versionParams, names: evidenceNames, now: Date.now() };
      for await (const result of trace(parseModelRef(`runs:/${id}`), sources, options)) {
        results[name] = resultSchemas.trace.parse(result);
      }
    }
    registry.close();
    return results;
  }

  test('holds a run of each kind', () => {
    expect(Object.keys(traced).length).toBeGreaterThanOrEqual(25);
  });

  test('gives no wrong answer without a warning', () => {
    const wrong = Object.entries(traced).filter(([name, { links, warnings }]) => {
      const isWarned =
        warnings.length > 0 || links.some(({ certainty }) => certainty === 'conflicting');
      return (
        !isWarned && links.some(({ version }) => version !== null && version !== zoo[name]?.truth)
      );
    });
    expect(wrong.map(([name]) => name)).toEqual([]);
  });

  test('the copy that sync keeps tells the same without the server, or says what it lacks', async () => {
    const env = { MLFLOW_TRACKING_URI: server.url };
    const settings = await loadSettings({ cwd: folder, env });
    const registry = await connectRegistry(settings);
    const { mirror, models } = registry;
    if (mirror === undefined) throw new TypeError('there is no copy of a server');
    const names = new Map<number, string>();
    for (const [name, runId] of Object.entries(runs)) {
      names.set((await models.register({ name: 'zoo', runId })).version, name);
    }
    const tables = connectTables(settings, { cwd: folder });
    const { versionParams, evidenceNames } = settings;
    const options = { versionParams, names: evidenceNames, now: Date.now() };
    const tracedBy = async (sources: Omit<TraceSources, 'tables'>) => {
      const results = new Map<string | undefined, TraceResult>();
      const found = trace(parseModelRef('zoo'), { ...sources, tables }, options);
      for await (const { run: _, ...result } of found) {
        results.set(names.get(result.model.version ?? 0), { ...result, run: null });
      }
      return results;
    };
    const online = await tracedBy(registry);
    expect(online.size).toBe(Object.keys(zoo).length);
    const offlineAfter = async (isFull: boolean) => {
      await syncRegistry({ ...registry, mirror }, { ...options, now: Date.now, isFull });
      const { runs: copies, search, modelFiles } = mirror;
      return await tracedBy({ runs: copies, search, modelFiles, models: mirror.models });
    };
    const lacksSome = ({ warnings }: TraceResult) =>
      warnings.some(({ code }) => /^(FILES|CHILDREN)_UNCHECKED$/.test(code));
    const usual = await offlineAfter(false);
    const told = [...usual].filter(([, result]) => !lacksSome(result));
    expect(told.length).toBeGreaterThan(25);
    expect(new Map(told)).toEqual(new Map(told.map(([name]) => [name, online.get(name)])));
    const versionsOf = (result: TraceResult | undefined) =>
      result?.links.map(({ version }) => version).filter((version) => version !== null);
    for (const [name, result] of usual) {
      expect([[], versionsOf(online.get(name))], name).toContainEqual(versionsOf(result));
    }
    expect(await offlineAfter(true)).toEqual(online);

    // And whoever is traced to the table is found from the table.
    const request = {
      table: tables.open(parseTableName('analytics.t')),
      commits: { from: 0, to: 2 },
      protectedStages: [],
    };
    const { models: affected } = await impact(request, { ...registry, tables }, options);
    const traces = [...online].flatMap(([name, { links }]) =>
      links.map(({ version, certainty }) => [name, version, certainty]),
    );
    expect(traces.length).toBeGreaterThan(30);
    expect(
      affected.map((model) => [names.get(model.version), model.tableVersion, model.certainty]),
    ).toEqual(expect.arrayContaining(traces));
    expect(affected.length).toBe(traces.length);

    // A stamp is proposed of what is traced, and no record is missed that is.
    const sources = { ...registry, tables };
    const proposed = new Map<string, unknown>();
    const asked = { ...options, asof: '0', minConfidence: 0, isApplied: false };
    for await (const line of backfill(sources, asked)) {
      proposed.set(
        line.runId,
        line.tables.map(({ version, certainty }) => [version, certainty]),
      );
    }
    const unstamped = [...online].filter(
      ([, { links }]) => links.length > 0 && links[0]?.certainty !== 'stamped',
    );
    expect(unstamped.length).toBeGreaterThan(25);
    const unproposed: string[] = [];
    for (const [name = '', { links }] of unstamped) {
      const proposal = proposed.get(runs[name] ?? '');
      const traced = links.map(({ version, certainty }) => [version, certainty]);
      if (proposal === undefined) unproposed.push(name);
      else expect(proposal, name).toEqual(traced);
    }
    // Its files were put there by hand: MLflow notes no model.
    expect(unproposed).toEqual(['a feature store']);
    const unrecorded = (await doctor(sources, options))
      .filter(({ code }) => code === 'NOTHING_RECORDED')
      .map(({ model }) => names.get(model.version));
    expect(unrecorded.toSorted()).toEqual(
      [...online].flatMap(([name, { links }]) => (links.length === 0 ? [name] : [])).toSorted(),
    );
    registry.close();
  });

  test('the sources of a table that Spark cloned and streamed are those that its log and checkpoint name', async () => {
    const [clone, sink, checkpoint] = ['clone', 'sink', 'checkpoint'].map((name) =>
      join(folder, name),
    ) as [string, string, string];
    await spark.python(`
table = "${folder}/t"
spark.sql(f"CREATE TABLE delta.\`${clone}\` SHALLOW CLONE delta.\`{table}\` VERSION AS OF 1")
query = (spark.readStream.format("delta").load(table).writeStream.format("delta")
    .option("checkpointLocation", "${checkpoint}").trigger(availableNow=True).start("${sink}"))
query.awaitTermination()
`);
    const tables = connectTables({ tables: {} }, { cwd: folder });
    const upstreamOf = async (place: string) => {
      const table = tables.open(parseTableName(place));
      const offsetsOf = await streamOffsets(checkpoint);
      const result = await tableUpstream(table, { kind: 'latest' }, tables, { offsetsOf });
      return resultSchemas.lineage.parse(result);
    };
    const source = await tables.open(parseTableName(join(folder, 't'))).snapshots.at(2);
    const cloned = await upstreamOf(clone);
    expect(cloned.upstream).toMatchObject([
      { kind: 'clone', ref: join(folder, 't'), version: 1, tableId: source.tableId },
    ]);
    const streamed = await upstreamOf(sink);
    expect(streamed.upstream).toMatchObject([
      { kind: 'stream', tableId: source.tableId, version: 2 },
    ]);
    expect(streamed.writers).toMatchObject([{ kind: 'query' }]);
  });

  test.each(Object.entries(zoo))('%s', (name, { truth, isKnown, certainty, warned = [] }) => {
    const result = traced[name];
    const [link, ...others] = result?.links ?? [];
    const said = JSON.stringify(result, undefined, 1);
    expect(others, said).toEqual([]);
    if (isKnown) expect(link?.version, said).toBe(truth);
    if (certainty !== undefined) expect(link?.certainty, said).toBe(certainty);
    const codes = (result?.warnings ?? []).map(({ code }) => code);
    if (warned.length > 0)
      expect(
        codes.some((code) => warned.includes(code)),
        said,
      ).toBe(true);
  });
});
