import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LineageError } from '../../src/base/errors.ts';
import type { RegisteredModel } from '../../src/registry/model.ts';
import type { ModelRegistry } from '../../src/registry/model-registry.ts';
import type { RunInput } from '../../src/registry/run.ts';
import type { RunStore } from '../../src/registry/run-store.ts';

export interface OpenRegistry {
  readonly runs: RunStore;
  readonly models: ModelRegistry;
  close?(): Promise<void> | void;
}

/**
 * What every pair of RunStore and ModelRegistry promises. It is opened once, may hold other things already, and is left with
 * what the tests made: each works under names of its own.
 */
export function registryContract(title: string, open: () => Promise<OpenRegistry>): void {
  describe(`the registry contract on ${title}`, () => {
    let opened: OpenRegistry;
    let runs: RunStore;
    let models: ModelRegistry;

    beforeAll(async () => {
      opened = await open();
      ({ runs, models } = opened);
    });
    afterAll(() => opened?.close?.());

    const unique = (what: string) => `${what}-${randomUUID().slice(0, 8)}`;
    const missingRun = () => randomUUID().replaceAll('-', '');

    const anInput = (fields: Partial<RunInput> = {}): RunInput => ({
      name: 'analytics.churn@v47',
      digest: randomUUID(),
      sourceType: 'delta_table',
      source: '{"delta_table_name": "analytics.churn",  "delta_table_version": 47}',
      context: 'training',
      ...fields,
    });

    async function aModel(versions = 1) {
      const name = unique('churn');
      const run = await runs.start({ name: 'training' });
      for (let made = 0; made < versions; made++) await models.register({ name, runId: run.id });
      return { name, run };
    }

    describe('a run', () => {
      test('starts with what it was given, running, and can be got again', async () => {
        const before = Date.now();
        const run = await runs.start({
          experiment: unique('experiment'),
          name: 'nightly training é',
          tags: { owner: 'ml team', 'a.b/c d': '' },
        });
        expect(run).toMatchObject({
          name: 'nightly training é',
          status: 'RUNNING',
          tags: { owner: 'ml team', 'a.b/c d': '' },
          params: {},
          metrics: {},
          inputs: [],
          isDeleted: false,
        });
        expect(run.startedAt).toBeGreaterThanOrEqual(before - 1000);
        expect(run.startedAt).toBeLessThanOrEqual(Date.now() + 1000);
        expect(run.endedAt).toBeUndefined();
        expect(await runs.get(run.id)).toEqual(run);
      });

      test('needs neither name nor experiment nor tags', async () => {
        const [first, second] = [await runs.start({}), await runs.start({})];
        expect(first.id).not.toBe(second.id);
        expect(first.experimentId).toBe(second.experimentId);
      });

      test('is in the experiment of the name, which is made once', async () => {
        const experiment = unique('it\'s an "experiment" 100%');
        const first = await runs.start({ experiment });
        const [second, third] = await Promise.all([
          runs.start({ experiment }),
          runs.start({ experiment: unique('other') }),
        ]);
        expect(second.experimentId).toBe(first.experimentId);
        expect(third.experimentId).not.toBe(first.experimentId);
      });

      test('many at once make a new experiment only once', async () => {
        const experiment = unique('contended');
        const started = await Promise.all(
          Array.from({ length: 5 }, () => runs.start({ experiment })),
        );
        expect(new Set(started.map(({ experimentId }) => experimentId)).size).toBe(1);
        expect(new Set(started.map(({ id }) => id)).size).toBe(5);
      });

      test.each(['FINISHED', 'FAILED', 'KILLED'] as const)('ends %s', async (status) => {
        const { id, startedAt = 0 } = await runs.start({});
        await runs.end(id, status);
        const ended = await runs.get(id);
        expect(ended.status).toBe(status);
        expect(ended.endedAt).toBeGreaterThanOrEqual(startedAt);
      });

      test('that is not there is named, whatever is asked of it', async () => {
        const runId = missingRun();
        for (const ask of [
          () => runs.get(runId),
          () => runs.end(runId, 'FINISHED'),
          () => runs.record(runId, { tags: { a: 'b' } }),
          () => runs.record(runId, { inputs: [anInput()] }),
          () => runs.writeArtifact(runId, 'a.json', '{}'),
        ]) {
          const error = await failureOf(ask());
          expect(error).toMatchObject({ code: 'RUN_NOT_FOUND', details: { runId } });
          expect(error.details).toMatchObject({ registry: runs.title });
        }
      });

      test('with an odd id is not there', async () => {
        for (const runId of ['', '../x', "'", 'é 😀', 'constructor']) {
          expect(await failureOf(runs.get(runId))).toMatchObject({ code: 'RUN_NOT_FOUND' });
        }
      });

      test('tells its own program where it is, and people where to look', async () => {
        const run = await runs.start({});
        const environment = runs.environment(run);
        expect(Object.keys(environment).length).toBeGreaterThan(0);
        for (const value of Object.values(environment)) expect(value).toEqual(expect.any(String));
        expect(runs.page(run) ?? run.id).toContain(run.id);
      });

      test('takes an artifact or says that it can not', async () => {
        const { id } = await runs.start({});
        const text = '{"é":"😀"}\n';
        expect([true, false]).toContain(await runs.writeArtifact(id, 'asof/stamp.json', text));
      });
    });

    describe('a record', () => {
      test('is kept to the letter: params, tags, metrics', async () => {
        const { id } = await runs.start({ tags: { kept: 'x' } });
        const params = { feature_table: 'analytics.churn', feature_table_version: '0', empty: '' };
        const tags = { 'asof.stamp': '{"v":1,"é":"😀 \\"quoted\\"\\n"}', 'no value': '' };
        const metrics = {
          auc: 0.1,
          zero: 0,
          tiny: 5e-324,
          lost: NaN,
          up: Infinity,
          down: -Infinity,
        };
        await runs.record(id, { params, tags, metrics });
        const run = await runs.get(id);
        expect(run.params).toEqual(params);
        expect(run.tags).toMatchObject({ ...tags, kept: 'x' });
        expect(run.metrics).toEqual(metrics);
      });

      test('of nothing changes nothing', async () => {
        const { id } = await runs.start({});
        const before = await runs.get(id);
        await runs.record(id, {});
        await runs.record(id, { params: {}, tags: {}, metrics: {}, inputs: [] });
        expect(await runs.get(id)).toEqual(before);
      });

      test('adds: tags and metrics overwrite, params may come again', async () => {
        const { id } = await runs.start({});
        await runs.record(id, { params: { a: '1' }, tags: { t: 'old' }, metrics: { m: 2 } });
        const again = { params: { a: '1', b: '2' }, tags: { t: 'new' }, metrics: { m: 1, n: 3 } };
        await runs.record(id, again);
        const run = await runs.get(id);
        expect(run).toMatchObject(again);
        expect(run.metrics).toEqual({ m: 1, n: 3 });
      });

      test('with another value for a param is refused, and nothing of it is written', async () => {
        const { id } = await runs.start({});
        await runs.record(id, { params: { version: '46' }, tags: { t: 'old' } });
        const before = await runs.get(id);
        const error = await failureOf(
          runs.record(id, {
            params: { table: 'x', version: '47' },
            tags: { t: 'new' },
            metrics: { m: 1 },
            inputs: [anInput()],
          }),
        );
        expect(error).toMatchObject({
          code: 'RUN_ALREADY_STAMPED',
          details: { runId: id, what: 'version', stored: '46', wanted: '47' },
        });
        expect(await runs.get(id)).toEqual(before);
      });

      test('an empty param is a value: another is refused', async () => {
        const { id } = await runs.start({});
        await runs.record(id, { params: { filter: '' } });
        expect(await failureOf(runs.record(id, { params: { filter: 'a > 1' } }))).toMatchObject({
          code: 'RUN_ALREADY_STAMPED',
          details: { what: 'filter', stored: '', wanted: 'a > 1' },
        });
      });

      test('can be large', async () => {
        const { id } = await runs.start({});
        const of = (count: number, value: string) =>
          Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));
        const params = of(250, 'p'.repeat(500));
        const tags = of(250, 't'.repeat(5000));
        await runs.record(id, { params, tags, metrics: { m: 1 } });
        const run = await runs.get(id);
        expect(run.params).toEqual(params);
        expect(run.tags).toMatchObject(tags);
      });

      test('may use names that every object has', async () => {
        const { id } = await runs.start({});
        const values = { constructor: 'a', toString: 'b' };
        await runs.record(id, { params: values, tags: values });
        const run = await runs.get(id);
        expect({ ...run.params }).toEqual(values);
        expect(run.tags).toMatchObject(values);
      });

      test('after the end of a run is still taken', async () => {
        const { id } = await runs.start({});
        await runs.end(id, 'FINISHED');
        await runs.record(id, { tags: { late: 'yes' } });
        expect(await runs.get(id)).toMatchObject({ status: 'FINISHED', tags: { late: 'yes' } });
      });
    });

    describe('a dataset input', () => {
      test('is kept to the letter, its source as the text that it was', async () => {
        const { id } = await runs.start({});
        const inputs = [
          anInput({ schema: '{"fields": []}', profile: '{"num_rows":0}' }),
          anInput({ name: 'é "quoted" @v0', source: '{"path":"/d/é","delta_table_version":"0"}' }),
          anInput({ context: 'eval', sourceType: 'local', source: 'not JSON' }),
        ];
        await runs.record(id, { inputs });
        expect(byDigest((await runs.get(id)).inputs)).toEqual(byDigest(inputs));
      });

      test('needs no context', async () => {
        const { id } = await runs.start({});
        const { context: _, ...input } = anInput();
        await runs.record(id, { inputs: [input] });
        expect((await runs.get(id)).inputs).toEqual([input]);
      });

      test('is kept once, however often it is recorded', async () => {
        const { id } = await runs.start({});
        const [first, second] = [anInput(), anInput()];
        await runs.record(id, { inputs: [first] });
        await runs.record(id, { inputs: [first, second] });
        expect(byDigest((await runs.get(id)).inputs)).toEqual(byDigest([first, second]));
      });

      test('is the same for two runs of an experiment', async () => {
        const experiment = unique('experiment');
        const input = anInput();
        for (const { id } of [await runs.start({ experiment }), await runs.start({ experiment })]) {
          await runs.record(id, { inputs: [input] });
          expect((await runs.get(id)).inputs).toEqual([input]);
        }
      });

      test('of many runs at once is kept with each', async () => {
        const started = await Promise.all(Array.from({ length: 5 }, () => runs.start({})));
        const input = anInput();
        await Promise.all(started.map(({ id }) => runs.record(id, { inputs: [input] })));
        for (const { id } of started) expect((await runs.get(id)).inputs).toEqual([input]);
      });

      test('with the name and digest of another source is kept as it is, or refused aloud', async () => {
        const experiment = unique('experiment');
        const [first, second] = [
          await runs.start({ experiment }),
          await runs.start({ experiment }),
        ];
        const input = anInput();
        const other = { ...input, source: '{"path": "/elsewhere", "delta_table_version": 3}' };
        await runs.record(first.id, { inputs: [input] });
        const refusal = await runs
          .record(second.id, { inputs: [other], tags: { 'asof.stamp': 'x' } })
          .then(
            () => undefined,
            (error: LineageError) => error,
          );
        const run = await runs.get(second.id);
        if (refusal === undefined) expect(run.inputs).toEqual([other]);
        else {
          expect(refusal).toMatchObject({
            code: 'STAMP_NOT_STORED',
            details: { runId: second.id },
          });
          expect(run.tags).not.toHaveProperty('asof.stamp');
        }
      });
    });

    describe('registering', () => {
      test('makes the model and counts its versions from 1', async () => {
        const name = unique('churn');
        const [run, other] = [await runs.start({}), await runs.start({})];
        const first = await models.register({ name, runId: run.id, description: 'the first' });
        const second = await models.register({
          name,
          runId: other.id,
          source: 's3://bucket/model',
        });
        expect(first).toMatchObject({ name, version: 1, runId: run.id, description: 'the first' });
        expect(first).toMatchObject({ aliases: [], tags: {} });
        expect(first.stage).toBeUndefined();
        expect(second).toMatchObject({ version: 2, runId: other.id, source: 's3://bucket/model' });
        expect(second.description).toBeUndefined();
        expect(await models.version(name, 1)).toEqual(first);
        expect(await models.model(name)).toEqual({ name, versions: [first, second] });
      });

      test.each([
        "it's",
        'say "hi"',
        `both ' and "`,
        'back`tick \\ slash',
        '100% under_score',
        'modèle 😀',
        'a.b.c',
      ])('takes the name %s', async (odd) => {
        const name = unique(odd);
        const decoy = unique(odd.replaceAll(/['"%_]/g, 'x'));
        const { id: runId } = await runs.start({});
        await models.register({ name: decoy, runId });
        await models.register({ name, runId });
        await models.setAlias(name, 1, 'champion');
        expect(await models.byAlias(name, 'champion')).toMatchObject({ name, version: 1 });
        const { versions } = await models.model(name);
        expect(versions).toMatchObject([{ name, version: 1, aliases: ['champion'] }]);
      });

      test('of a run that is not there is refused, and makes no model', async () => {
        const [name, runId] = [unique('churn'), missingRun()];
        const error = await failureOf(models.register({ name, runId }));
        expect(error).toMatchObject({ code: 'RUN_NOT_FOUND', details: { runId } });
        expect(await failureOf(models.model(name))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
      });

      test.each(['', '   ', 'a/b', 'a:b'])("refuses the name '%s'", async (name) => {
        const { id: runId } = await runs.start({});
        const error = await failureOf(models.register({ name, runId }));
        expect(error).toMatchObject({ code: 'NAME_INVALID', details: { name } });
      });

      test('many at once gives each its own number', async () => {
        const { name, run } = await aModel();
        const made = await Promise.all(
          Array.from({ length: 4 }, () => models.register({ name, runId: run.id })),
        );
        expect(made.map(({ version }) => version).toSorted()).toEqual([2, 3, 4, 5]);
      });
    });

    describe('a model', () => {
      test('has all its versions, ascending, with stages and aliases', async () => {
        const { name } = await aModel(11);
        await models.setStage(name, 2, 'Production');
        await models.setAlias(name, 10, 'champion');
        const { versions } = await models.model(name);
        expect(versions.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        expect(versions[1]).toMatchObject({ stage: 'Production', aliases: [] });
        expect(versions[9]).toMatchObject({ aliases: ['champion'] });
      });

      test('is listed among the others, by name', async () => {
        const { name } = await aModel(2);
        const second = await aModel(1);
        await models.setAlias(name, 2, 'champion');
        const listed = await all(models.models());
        const ours = listed.filter((model) => [name, second.name].includes(model.name));
        expect(ours.map((model) => model.name)).toEqual([name, second.name].toSorted());
        for (const model of ours) expect(model).toEqual(await models.model(model.name));
      });

      test('list can be left early', async () => {
        await aModel();
        for await (const model of models.models()) {
          expect(model.versions).toBeInstanceOf(Array);
          break;
        }
      });

      test('that is not there is named, with the nearest that is', async () => {
        const { name } = await aModel();
        const wrong = `${name}x`;
        for (const ask of [
          () => models.model(wrong),
          () => models.version(wrong, 1),
          () => models.inStage(wrong, 'Production'),
          () => models.byAlias(wrong, 'champion'),
          () => models.annotate(wrong, 1, { tags: { a: 'b' } }),
          () => models.annotate(wrong, 1, { description: 'x' }),
          () => models.setStage(wrong, 1, 'Production'),
          () => models.setAlias(wrong, 1, 'champion'),
        ]) {
          expect(await failureOf(ask())).toMatchObject({
            code: 'MODEL_NOT_FOUND',
            details: { name: wrong, registry: models.title, closest: name },
          });
        }
      });

      test.each(['', 'a/b', "'"])("of the odd name '%s' is not there", async (name) => {
        expect(await failureOf(models.model(name))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
        expect(await failureOf(models.version(name, 1))).toMatchObject({ code: 'MODEL_NOT_FOUND' });
        const byAlias = failureOf(models.byAlias(name, 'a'));
        expect(await byAlias).toMatchObject({ code: 'MODEL_NOT_FOUND' });
      });
    });

    describe('a model version', () => {
      test.each([3, 0, -1, 1.5, 99_999_999_999, 1e20])(
        'that is not there is named, with the latest: %d',
        async (version) => {
          const { name } = await aModel(2);
          for (const ask of [
            () => models.version(name, version),
            () => models.annotate(name, version, { tags: { a: 'b' } }),
            () => models.setStage(name, version, 'Production'),
            () => models.setAlias(name, version, 'champion'),
          ]) {
            expect(await failureOf(ask())).toMatchObject({
              code: 'MODEL_VERSION_NOT_FOUND',
              details: { name, version, latest: 2 },
            });
          }
        },
      );

      test('takes tags and a description; what is not given stays', async () => {
        const { name } = await aModel();
        await models.annotate(name, 1, { tags: { a: '1', é: '' }, description: 'old\n**é**' });
        await models.annotate(name, 1, { tags: { a: '2', b: '😀' } });
        expect(await models.version(name, 1)).toMatchObject({
          tags: { a: '2', b: '😀', é: '' },
          description: 'old\n**é**',
        });
        await models.annotate(name, 1, { description: 'new' });
        const version = await models.version(name, 1);
        expect(version).toMatchObject({ description: 'new', tags: { a: '2' } });
        expect((await models.model(name)).versions).toEqual([version]);
      });

      test('is found by its run, in every model', async () => {
        const { name, run } = await aModel(2);
        const other = unique('other');
        await models.register({ name: other, runId: run.id });
        const found = await models.versionsOfRun(run.id);
        const names = found.map(({ name, version }) => `${name}/${version}`);
        expect(names.toSorted()).toEqual([`${name}/1`, `${name}/2`, `${other}/1`].toSorted());
        for (const runId of [missingRun(), '', "'", '"', `x' OR run_id != '`]) {
          expect(await models.versionsOfRun(runId)).toEqual([]);
        }
      });
    });

    describe('a stage', () => {
      test('holds every version that was moved into it, ascending', async () => {
        const { name } = await aModel(4);
        expect(await models.setStage(name, 3, 'Production')).toMatchObject({ stage: 'Production' });
        await models.setStage(name, 1, 'Production');
        await models.setStage(name, 2, 'Staging');
        await models.setAlias(name, 3, 'champion');
        const found = await models.inStage(name, 'Production');
        expect(found).toMatchObject([
          { version: 1, aliases: [] },
          { version: 3, aliases: ['champion'] },
        ]);
        expect(await models.inStage(name, 'None')).toMatchObject([{ version: 4 }]);
      });

      test('sends the others to Archived only when told to', async () => {
        const { name } = await aModel(3);
        await models.setStage(name, 1, 'Production');
        await models.setStage(name, 2, 'Staging');
        await models.setStage(name, 3, 'Production', { archiveOthers: true });
        const { versions } = await models.model(name);
        expect(versions.map(({ stage }) => stage)).toEqual(['Archived', 'Staging', 'Production']);
      });

      test('Archived and None archive nobody else', async () => {
        const { name } = await aModel(2);
        await models.setStage(name, 1, 'Archived', { archiveOthers: true });
        await models.setStage(name, 2, 'Archived', { archiveOthers: true });
        expect(await models.inStage(name, 'Archived')).toHaveLength(2);
        const back = await models.setStage(name, 2, 'None', { archiveOthers: true });
        expect(back.stage).toBeUndefined();
        expect(await models.inStage(name, 'None')).toMatchObject([{ version: 2 }]);
      });

      test('that holds nothing says what the others hold', async () => {
        const { name } = await aModel(2);
        await models.setStage(name, 2, 'Staging');
        expect(await failureOf(models.inStage(name, 'Production'))).toMatchObject({
          code: 'STAGE_EMPTY',
          details: {
            name,
            stage: 'Production',
            stages: expect.stringMatching(/2.*Staging|Staging.*2/),
          },
        });
      });
    });

    describe('an alias', () => {
      test('points at one version, and moves', async () => {
        const { name } = await aModel(2);
        await models.setAlias(name, 1, 'champion');
        await models.setAlias(name, 1, 'Über-2_x');
        const moved = await models.setAlias(name, 2, 'champion');
        expect(moved).toMatchObject({ version: 2, aliases: ['champion'] });
        expect(await models.byAlias(name, 'champion')).toEqual(moved);
        expect(await models.version(name, 1)).toMatchObject({ aliases: ['Über-2_x'] });
      });

      test('of the name of a stage is not that stage', async () => {
        const { name } = await aModel(2);
        await models.setStage(name, 1, 'Production');
        await models.setAlias(name, 2, 'Production');
        expect(await models.inStage(name, 'Production')).toMatchObject([{ version: 1 }]);
        expect(await models.byAlias(name, 'Production')).toMatchObject({ version: 2 });
      });

      test('that is not there is named, with the nearest that is', async () => {
        const { name } = await aModel();
        await models.setAlias(name, 1, 'champion');
        expect(await failureOf(models.byAlias(name, 'campion'))).toMatchObject({
          code: 'ALIAS_NOT_FOUND',
          details: { name, alias: 'campion', closest: 'champion' },
        });
        const far = await failureOf(models.byAlias(name, 'something-else'));
        expect(far).toMatchObject({ code: 'ALIAS_NOT_FOUND' });
        expect(far.details).toMatchObject({ closest: undefined });
      });

      test.each([
        { alias: 'latest', why: 'reserved' },
        { alias: 'Latest', why: 'reserved, in any letter case' },
        { alias: 'v3', why: 'it would read as a version' },
        { alias: 'V12', why: 'it would read as a version' },
        { alias: 'a b', why: 'a blank' },
        { alias: 'a/b', why: 'a slash' },
        { alias: '', why: 'empty' },
        { alias: 'x'.repeat(256), why: 'too long' },
      ])('can not be called $alias: $why', async ({ alias }) => {
        const { name } = await aModel();
        expect(await failureOf(models.setAlias(name, 1, alias))).toMatchObject({
          code: 'NAME_INVALID',
          details: { name: alias },
        });
      });
    });

    test('a logged model that is not there is named', async () => {
      for (const modelId of [`m-${missingRun()}`, 'm-é', 'x/../y', '']) {
        expect(await failureOf(models.loggedModel(modelId))).toMatchObject({
          code: 'LOGGED_MODEL_NOT_FOUND',
          details: { modelId, registry: models.title },
        });
      }
    });

    test('an aborted call ends with the reason of the abort', async () => {
      const { name, run } = await aModel();
      const reason = new Error('enough');
      const options = { signal: AbortSignal.abort(reason) };
      for (const ask of [
        () => runs.get(run.id, options),
        () => runs.start({}, options),
        () => runs.record(run.id, { tags: { a: 'b' } }, options),
        () => models.model(name, options),
        () => models.byAlias(name, 'champion', options),
        () => models.register({ name, runId: run.id }, options),
        () => all(models.models(options)),
      ]) {
        await expect(ask()).rejects.toBe(reason);
      }
    });
  });
}

async function failureOf(answer: Promise<unknown>): Promise<LineageError> {
  return answer.then(
    (value) => expect.unreachable(`it answered ${JSON.stringify(value)}`),
    (error: LineageError) => error,
  );
}

async function all(models: AsyncIterable<RegisteredModel>): Promise<RegisteredModel[]> {
  const found: RegisteredModel[] = [];
  for await (const model of models) found.push(model);
  return found;
}

function byDigest(inputs: readonly RunInput[]): RunInput[] {
  return inputs.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
}
