import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { temporaryFolder } from '../support/tables.ts';
import { asofIn } from './support/asof.ts';
import { type MlflowServer, rest, startMlflow } from './support/mlflow-server.ts';
import { runPython } from './support/python.ts';

const python = inject('python');

interface Line {
  readonly [field: string]: unknown;
}

// A registry as a team has it that never heard of asof: written by MLflow's own client, on a table that delta-rs wrote.
describe.skipIf(python === undefined)('years of runs that nobody stamped', () => {
  let folder: string;
  let server: MlflowServer;
  let ids: Readonly<Record<string, string>>;
  let asof: ReturnType<typeof asofIn>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'asof-years-'));
    server = await startMlflow(python ?? '');
    writeFileSync(join(folder, 'asof.yaml'), 'tables:\n  analytics.t: ./t\n');
    asof = asofIn(folder, { MLFLOW_TRACKING_URI: server.url });
    ids = (await runPython(
      python ?? '',
      `
import json, mlflow, pandas
from deltalake import write_deltalake
from mlflow import MlflowClient
from mlflow.data.delta_dataset_source import DeltaDatasetSource
table = "${folder}/t"
def write(first, count):
    write_deltalake(table, pandas.DataFrame({"id": range(first, first + count), "amount": [1.0] * count}), mode="append")
write(0, 30)
write(30, 20)
mlflow.set_experiment("years")
client = MlflowClient()
ids = {}
def run(name, **params):
    with mlflow.start_run(run_name=name) as started:
        mlflow.log_params(params)
    ids[name] = started.info.run_id
    return started.info.run_id
run("by hand", feature_table=table, feature_table_version=1)
with mlflow.start_run(run_name="zero lost") as started:
    source = DeltaDatasetSource(path=table, delta_table_version=0)
    mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame({"id": range(30), "amount": [1.0] * 30}), source=source), context="training")
ids["zero lost"] = started.info.run_id
with mlflow.start_run(run_name="disagreeing") as started:
    mlflow.log_params({"feature_table": table, "feature_table_version": 1})
    source = DeltaDatasetSource(path=table, delta_table_version="0")
    mlflow.log_input(mlflow.data.from_pandas(pandas.DataFrame({"id": [1]}), source=source), context="training")
ids["disagreeing"] = started.info.run_id
run("nothing", alpha=1)
run("deleted", feature_table=table, feature_table_version=0)
def version(name):
    client.create_model_version("churn", f"runs:/{ids[name]}/model", ids[name])
client.create_registered_model("churn")
version("by hand")
version("zero lost")
version("disagreeing")
version("by hand")
version("nothing")
version("deleted")
client.delete_run(ids["deleted"])
client.transition_model_version_stage("churn", "1", "Production")
client.set_registered_model_alias("churn", "champion", "1")
client.set_registered_model_alias("churn", "Production", "2")
other = client.create_experiment("gone")
gone = client.create_run(other)
client.log_param(gone.info.run_id, "feature_table", table)
client.log_param(gone.info.run_id, "feature_table_version", "1")
client.create_registered_model("old_name")
client.create_model_version("old_name", f"runs:/{gone.info.run_id}/model", gone.info.run_id)
client.delete_experiment(other)
ids["gone"] = gone.info.run_id
print(json.dumps(ids))
`,
      { MLFLOW_TRACKING_URI: server.url },
    )) as Readonly<Record<string, string>>;
  }, 300_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const lines = async (...args: readonly string[]) => {
    const { stdout, exitCode, stderr } = await asof.run(...args, '--json');
    const found = stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line): Line => JSON.parse(line));
    return { lines: found, exitCode, stderr };
  };

  test('a model is traced by what its run recorded by hand', async () => {
    const { lines: found } = await lines('trace', 'models:/churn/4');
    expect(found).toMatchObject([
      { model: { runId: ids['by hand'] }, links: [{ version: 1, certainty: 'recorded' }] },
    ]);
  });

  test('impact finds who holds the rows of a commit, and says what it does not know', async () => {
    const { lines: found, exitCode } = await lines('impact', 'analytics.t@v1');
    expect(exitCode).toBe(5);
    expect(found).toMatchObject([
      {
        commits: [{ version: 1, added: { atLeast: 20, atMost: 20 } }],
        isProtectedHit: true,
        warnings: [{ code: 'MODELS_UNKNOWN' }],
      },
    ]);
    const models = found[0]?.['models'] as readonly Line[];
    expect(models.map(({ name, version, effect }) => [name, version, effect])).toEqual([
      ['churn', 1, 'holds'],
      ['churn', 4, 'holds'],
      ['old_name', 1, 'holds'],
    ]);
  });

  test('doctor finds each fault, those of Production first', async () => {
    const { lines: found, exitCode } = await lines('doctor');
    expect(exitCode).toBe(5);
    const codes = found.map(({ code, model }) => {
      const { name, version } = model as Line;
      return `${name}/${version} ${code}`;
    });
    expect(codes.toSorted()).toEqual([
      'churn/2 ALIAS_DISAGREES',
      'churn/2 VERSION_LOST',
      'churn/3 RECORDS_CONFLICT',
      'churn/3 VERSION_DOUBTFUL',
      'churn/5 NOTHING_RECORDED',
      'churn/6 RUN_DELETED',
      'old_name/1 RUN_DELETED',
    ]);
  });

  test('backfill proposes, writes what is sure, and goes on where it was', async () => {
    const summary = ({ lines: found }: Awaited<ReturnType<typeof lines>>) =>
      Object.fromEntries(
        found.map(({ name, action, isWritten, tables }) => [
          String(name),
          [action, isWritten, (tables as readonly Line[]).map(({ version }) => version)],
        ]),
      );
    const planned = await lines('backfill');
    expect(summary(planned)).toEqual({
      'by hand': ['stamp', null, [1]],
      'zero lost': ['stamp', null, [0]],
      disagreeing: ['leave', null, [0]],
    });
    expect((await lines('trace', `runs:/${ids['by hand']}`)).lines).toMatchObject([
      { links: [{ evidence: [{ kind: 'param' }] }] },
    ]);
    const applied = await lines('backfill', '--apply');
    expect(summary(applied)).toEqual({
      'by hand': ['stamp', true, [1]],
      'zero lost': ['stamp', true, [0]],
      disagreeing: ['leave', null, [0]],
    });
    const again = await lines('backfill', '--apply');
    expect(summary(again)).toEqual({ disagreeing: ['leave', null, [0]] });
    const { lines: traced } = await lines('trace', `runs:/${ids['zero lost']}`);
    expect(traced).toMatchObject([
      { links: [{ version: 0, certainty: 'inferred', confidence: 0.8 }] },
    ]);
  });

  test('doctor --fix notes the stamps on the versions, and nothing else', async () => {
    const { lines: found } = await lines('doctor', '--fix');
    const fixed = found.filter(({ isFixed }) => isFixed === true);
    expect(fixed.map(({ code }) => code)).toEqual(['NOTE_MISSING', 'NOTE_MISSING', 'NOTE_MISSING']);
    const { lines: again } = await lines('doctor');
    expect(again.filter(({ code }) => code === 'NOTE_MISSING')).toEqual([]);
    const { lines: models } = await lines('models', 'churn');
    expect(models.map(({ data }) => data)).toEqual([
      `${folder}/t@v1`,
      `${folder}/t@v0`,
      null,
      `${folder}/t@v1`,
      null,
      null,
    ]);
  });

  test('an edited stamp is found', async () => {
    const runId = ids['by hand'] ?? '';
    const { json } = await rest(server, 'GET', `runs/get?run_id=${runId}`);
    const { tags } = (json as { run: { data: { tags: { key: string; value: string }[] } } }).run
      .data;
    const stamp = tags.find(({ key }) => key === 'asof.stamp')?.value ?? '';
    const edited = stamp.replace('"version":1', '"version":0');
    expect(edited).not.toBe(stamp);
    const set = (value: string) =>
      rest(server, 'POST', 'runs/set-tag', { run_id: runId, key: 'asof.stamp', value });
    await set(edited);
    const { lines: found } = await lines('doctor');
    expect(found.map(({ code }) => code)).toContain('STAMP_EDITED');
    await set(stamp);
    const { lines: restored } = await lines('doctor');
    expect(restored.map(({ code }) => code)).not.toContain('STAMP_EDITED');
  });

  test('a stamp that was taken away comes back from the ledger, as it was', async () => {
    const runId = ids['by hand'] ?? '';
    const runThere = async () => {
      const { json } = await rest(server, 'GET', `runs/get?run_id=${runId}`);
      return (json as { run: { data: { tags: unknown[]; params: unknown }; inputs: unknown } }).run;
    };
    const before = await runThere();
    await rest(server, 'POST', 'runs/delete-tag', { run_id: runId, key: 'asof.stamp' });
    expect((await runThere()).data.tags.length).toBe(before.data.tags.length - 1);
    const { lines: fixed } = await lines('doctor', '--fix');
    const gone = fixed.filter(({ code }) => code === 'STAMP_GONE');
    // One for each version that the run made.
    expect(gone.map(({ isFixed }) => isFixed)).toEqual([true, true]);
    expect(await runThere()).toEqual(before);
    const { lines: again } = await lines('doctor');
    expect(again.map(({ code }) => code)).not.toContain('STAMP_GONE');
  });

  test('the dataset inputs of a run that was copied without them are put back', async () => {
    interface StoredRun {
      readonly info: { readonly run_id: string };
      readonly data: { readonly tags?: { key: string }[]; readonly params?: unknown[] };
      readonly inputs?: { readonly dataset_inputs?: unknown[] };
    }
    const create = async () => {
      const { json } = await rest(server, 'POST', 'runs/create', { experiment_id: '0' });
      return (json as { run: StoredRun }).run.info.run_id;
    };
    const runOf = async (id: string) => {
      const { json } = await rest(server, 'GET', `runs/get?run_id=${id}`);
      return (json as { run: StoredRun }).run;
    };
    const [first, copy] = [await create(), await create()];
    expect((await lines('stamp', '--run', first, '--table', 'analytics.t@v1')).exitCode).toBe(0);
    const { data, inputs } = await runOf(first);
    const tags = data.tags?.filter(({ key }) => key.startsWith('asof.'));
    await rest(server, 'POST', 'runs/log-batch', { run_id: copy, tags, params: data.params });
    expect((await lines('model', 'register', 'copied', '--run', copy)).exitCode).toBe(0);
    const ofCopy = (found: readonly Line[]) =>
      found
        .filter(({ model }) => (model as Line)['name'] === 'copied')
        .map(({ code, isFixed }) => [code, isFixed]);
    expect(ofCopy((await lines('doctor')).lines)).toContainEqual(['INPUT_LOST', null]);
    expect(ofCopy((await lines('doctor', '--fix')).lines)).toContainEqual(['INPUT_LOST', true]);
    expect(inputs?.dataset_inputs?.length).toBe(1);
    expect((await runOf(copy)).inputs).toEqual(inputs);
    expect(ofCopy((await lines('doctor')).lines)).toEqual([]);
    await rest(server, 'DELETE', 'registered-models/delete', { name: 'copied' });
  });

  test('a model whose run was removed for good is traced by what asof kept of it', async () => {
    const { json } = await rest(server, 'POST', 'runs/create', { experiment_id: '0' });
    const { run_id: id } = (json as { run: { info: { run_id: string } } }).run.info;
    expect((await lines('stamp', '--run', id, '--table', `${folder}/t@v0`)).exitCode).toBe(0);
    expect((await lines('model', 'register', 'orphan', '--run', id)).exitCode).toBe(0);
    await rest(server, 'POST', 'runs/delete', { run_id: id });
    await promisify(execFile)(
      python ?? '',
      ['-m', 'mlflow', 'gc', '--backend-store-uri', server.backend, '--run-ids', id],
      { env: { ...process.env, MLFLOW_TRACKING_URI: server.url } },
    );

    const gone = { warnings: [{ code: 'RUN_NOT_FOUND' }], run: null };
    expect((await lines('trace', 'models:/orphan/1')).lines).toMatchObject([
      { ...gone, links: [{ version: 0, certainty: 'stamped', evidence: [{ kind: 'stamp' }] }] },
    ]);
    const elsewhere = asofIn(await temporaryFolder(), {
      MLFLOW_TRACKING_URI: server.url,
    });
    expect(await elsewhere.json('trace', 'models:/orphan/1')).toMatchObject({
      ...gone,
      links: [{ version: 0, certainty: 'recorded', evidence: [{ kind: 'tag' }] }],
    });
    const { lines: hit } = await lines('impact', 'analytics.t@v0');
    const models = hit[0]?.['models'] as readonly Line[];
    expect(models).toContainEqual(
      expect.objectContaining({ name: 'orphan', certainty: 'stamped', effect: 'holds' }),
    );
    const { lines: found } = await lines('doctor');
    expect(found).toContainEqual(expect.objectContaining({ code: 'RUN_GONE' }));
    await rest(server, 'DELETE', 'registered-models/delete', { name: 'orphan' });
  });

  test('sync keeps what Production was, and answers when the server no longer can', async () => {
    const { lines: none } = await lines('trace', 'models:/churn/Production', '--offline');
    expect(none).toEqual([]);
    const { lines: first } = await lines('sync');
    expect(first).toMatchObject([{ previous: null, versions: 7, newVersions: 7, moves: 0 }]);
    const between = new Date().toISOString();
    const move = (version: string, stage: string) =>
      rest(server, 'POST', 'model-versions/transition-stage', {
        name: 'churn',
        version,
        stage,
        archive_existing_versions: false,
      });
    await lines('sync');
    await move('1', 'Archived');
    await move('2', 'Production');
    await rest(server, 'POST', 'registered-models/rename', {
      name: 'old_name',
      new_name: 'new_name',
    });
    const { lines: second } = await lines('sync');
    expect(second).toMatchObject([{ newVersions: 1, gone: 1, moves: 2 }]);
    const { lines: past } = await lines('trace', 'models:/churn/Production', '--on', between);
    expect(past).toMatchObject([
      { model: { version: 1 }, on: { known: 'observed' }, links: [{ version: 1 }] },
    ]);
    const { lines: now } = await lines(
      'trace',
      'models:/churn/Production',
      '--on',
      new Date().toISOString(),
    );
    expect(now).toMatchObject([{ model: { version: 2 }, on: { known: 'last-seen' } }]);
    const early = await lines('trace', 'models:/churn/Staging', '--on', '2020-01-01');
    expect(early).toMatchObject({ exitCode: 3, lines: [] });
    await server.kill();
    const { lines: offline } = await lines('trace', 'models:/churn/Production', '--offline');
    expect(offline).toMatchObject([{ model: { version: 2 }, links: [{ version: 0 }] }]);
    const { lines: stands } = await lines('status', 'models:/churn/Production', '--offline');
    expect(stands).toMatchObject([{ model: { version: 2 }, tables: [{ version: 0 }] }]);
    const { lines: hit } = await lines('impact', 'analytics.t@v0', '--offline');
    expect(hit).toMatchObject([{ isProtectedHit: true }]);
  });
});
