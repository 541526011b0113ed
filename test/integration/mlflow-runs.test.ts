import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectMlflow } from '../../src/registry/mlflow/connect-mlflow.ts';
import type { RunStore } from '../../src/registry/run-store.ts';
import { type MlflowServer, rest, startMlflow } from './support/mlflow-server.ts';

const python = inject('python');

// What MLflow does to runs that no documentation says, and that asof must not fall for.
describe.skipIf(python === undefined)('runs on a real MLflow', () => {
  let server: MlflowServer;
  let runs: RunStore;
  beforeAll(async () => {
    server = await startMlflow(python ?? '');
    ({ runs } = connectMlflow({ trackingUri: server.url, user: 'ann' }));
  });
  afterAll(() => server?.stop());

  const anInput = (digest: string, fields = {}) => ({
    name: 'analytics.churn@v47',
    digest,
    sourceType: 'delta_table',
    source: '{"delta_table_name": "analytics.churn", "delta_table_version": 47}',
    context: 'training',
    ...fields,
  });

  describe('what is too long', () => {
    test('MLflow cuts a long tag and a long param, and answers 200', async () => {
      const { id } = await runs.start({});
      const tags = [{ key: 't', value: 'x'.repeat(8001) }];
      const params = [{ key: 'p', value: 'é'.repeat(6001) }];
      const answer = await rest(server, 'POST', 'runs/log-batch', { run_id: id, tags, params });
      expect(answer.status).toBe(200);
      const run = await runs.get(id);
      expect([run.tags['t']?.length, run.params['p']?.length]).toEqual([8000, 6000]);
    });

    test.each([
      { why: 'a tag', record: { tags: { a: 'b', long: 'x'.repeat(8001) } }, longest: 8000 },
      { why: 'a param', record: { params: { a: 'b', long: 'x'.repeat(6001) } }, longest: 6000 },
      { why: 'of emoji', record: { tags: { a: 'b', long: '😀'.repeat(8001) } }, longest: 8000 },
    ])('is refused before anything is written: $why', async ({ record, longest }) => {
      const { id } = await runs.start({});
      const before = await runs.get(id);
      await expect(runs.record(id, { ...record, metrics: { m: 1 } })).rejects.toMatchObject({
        code: 'VALUE_TOO_LONG',
        details: { longest, length: longest + 1 },
      });
      expect(await runs.get(id)).toEqual(before);
      await expect(runs.start({ tags: { long: 'x'.repeat(8001) } })).rejects.toMatchObject({
        code: 'VALUE_TOO_LONG',
      });
    });

    test('what just fits is kept whole; MLflow counts letters, not units of UTF-16', async () => {
      const { id } = await runs.start({});
      const tags = { ascii: 'x'.repeat(8000), emoji: '😀'.repeat(8000) };
      const params = { p: '😀'.repeat(6000) };
      await runs.record(id, { tags, params });
      expect(await runs.get(id)).toMatchObject({ tags, params });
    });

    test.each([
      { why: 'a digest', input: anInput('x'.repeat(37)) },
      { why: 'a name', input: anInput('d', { name: 'x'.repeat(501) }) },
      { why: 'a context', input: anInput('d', { context: 'x'.repeat(501) }) },
    ])('MLflow refuses an input for it, and the run stays as it was: $why', async ({ input }) => {
      const { id } = await runs.start({});
      const before = await runs.get(id);
      const record = { inputs: [input], tags: { 'asof.stamp': 'x' }, params: { a: 'b' } };
      await expect(runs.record(id, record)).rejects.toMatchObject({
        code: 'SERVER_REFUSED',
        details: { status: 400, problem: expect.stringContaining('exceeds the maximum length') },
      });
      expect(await runs.get(id)).toEqual(before);
    });

    test.each([
      { key: 'a=b', why: 'a sign' },
      { key: 'x'.repeat(251), why: 'its length' },
      { key: '../x', why: 'a path that leads out' },
      { key: '', why: 'nothing' },
    ])('a key that MLflow refuses is told in its words: $why', async ({ key }) => {
      const { id } = await runs.start({});
      await expect(runs.record(id, { tags: { [key]: 'x' } })).rejects.toMatchObject({
        code: 'SERVER_REFUSED',
        details: { status: 400, problem: expect.stringMatching(/key|Names/) },
      });
    });
  });

  test('more than 100 tags in a request are refused by MLflow, and sent in several by asof', async () => {
    const { id } = await runs.start({});
    const tags = Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`t${at}`, 'x']));
    const list = Object.entries(tags).map(([key, value]) => ({ key, value }));
    const answer = await rest(server, 'POST', 'runs/log-batch', { run_id: id, tags: list });
    expect(answer.status).toBe(400);
    await runs.record(id, { tags });
    expect((await runs.get(id)).tags).toMatchObject(tags);
  });

  describe('a dataset that MLflow drops', () => {
    test('with the name and digest of another, in another run: it answers 200 and attaches the other', async () => {
      const [first, second] = [await runs.start({}), await runs.start({})];
      await runs.record(first.id, { inputs: [anInput('drop-1')] });
      const dataset = {
        name: 'analytics.churn@v47',
        digest: 'drop-1',
        source_type: 's3',
        source: '{}',
      };
      const answer = await rest(server, 'POST', 'runs/log-inputs', {
        run_id: second.id,
        datasets: [{ dataset, tags: [] }],
      });
      expect(answer.status).toBe(200);
      expect((await runs.get(second.id)).inputs).toMatchObject([{ sourceType: 'delta_table' }]);
    });

    test.each([
      { field: 'source', other: { source: '{"path": "/elsewhere"}' } },
      { field: 'source type', other: { sourceType: 'spark' } },
    ])(
      'is found by reading back, before the stamp is written: another $field',
      async ({ field, other }) => {
        const digest = `drop-${field.replace(' ', '-')}`;
        const [first, second] = [await runs.start({}), await runs.start({})];
        await runs.record(first.id, { inputs: [anInput(digest)] });
        const record = { inputs: [anInput(digest, other)], tags: { 'asof.stamp': 'x' } };
        await expect(runs.record(second.id, record)).rejects.toMatchObject({
          code: 'STAMP_NOT_STORED',
          details: {
            runId: second.id,
            what: `the dataset input analytics.churn@v47 (digest ${digest})`,
            problem: expect.stringContaining(`the ${field} `),
          },
        });
        expect((await runs.get(second.id)).tags).not.toHaveProperty('asof.stamp');
      },
    );

    test('for its context, when the run has the dataset already', async () => {
      const { id } = await runs.start({});
      await runs.record(id, { inputs: [anInput('context', { context: 'train' })] });
      const before = await runs.get(id);
      await expect(runs.record(id, { inputs: [anInput('context')] })).rejects.toMatchObject({
        code: 'STAMP_NOT_STORED',
        details: { problem: 'has the context train instead of training' },
      });
      expect(await runs.get(id)).toEqual(before);
    });

    test('in another experiment is no conflict', async () => {
      const [first, second] = [await runs.start({}), await runs.start({ experiment: 'another' })];
      await runs.record(first.id, { inputs: [anInput('apart')] });
      const other = anInput('apart', { source: '{"path": "/elsewhere"}' });
      await runs.record(second.id, { inputs: [other] });
      expect((await runs.get(second.id)).inputs).toEqual([other]);
    });
  });

  test('of two processes that stamp one run otherwise, one is refused', async () => {
    const { id } = await runs.start({});
    const wanted = Array.from({ length: 6 }, (_, version) => String(version));
    const outcomes = await Promise.allSettled(
      wanted.map((version) => runs.record(id, { params: { feature_table_version: version } })),
    );
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(wanted.length - 1);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: 'RUN_ALREADY_STAMPED' });
  });

  test('of many processes that stamp one run alike, none is refused', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await runs.start({});
      const record = {
        params: { feature_table_version: '0' },
        inputs: [anInput(`alike-${round}`)],
      };
      await Promise.all(Array.from({ length: 6 }, () => runs.record(id, record)));
      expect((await runs.get(id)).inputs).toHaveLength(1);
    }
  });

  test('of many runs that start on one table version at once, none is refused', async () => {
    for (let round = 0; round < 5; round++) {
      const started = await Promise.all(Array.from({ length: 6 }, () => runs.start({})));
      const input = anInput(`sweep-${round}`);
      await Promise.all(started.map(({ id }) => runs.record(id, { inputs: [input] })));
      for (const { id } of started) expect((await runs.get(id)).inputs).toEqual([input]);
    }
  });

  test('a metric shows the value recorded last, also behind later steps', async () => {
    const { id } = await runs.start({});
    const metrics = [{ key: 'loss', value: 0.9, timestamp: Date.now() + 60_000, step: 100 }];
    await rest(server, 'POST', 'runs/log-batch', { run_id: id, metrics });
    await runs.record(id, { metrics: { loss: 0.1 } });
    expect((await runs.get(id)).metrics).toEqual({ loss: 0.1 });
  });

  test('an infinite metric is the largest double on the server, and infinite again here', async () => {
    const { id } = await runs.start({});
    await runs.record(id, { metrics: { up: Infinity } });
    const { text } = await rest(server, 'GET', `runs/get?run_id=${id}`);
    expect(text).toContain('1.7976931348623157e+308');
    expect((await runs.get(id)).metrics).toEqual({ up: Infinity });
  });

  test('a deleted run is there to read, and not to write to', async () => {
    const { id } = await runs.start({ name: 'gone' });
    await rest(server, 'POST', 'runs/delete', { run_id: id });
    expect(await runs.get(id)).toMatchObject({ name: 'gone', isDeleted: true });
    for (const write of [
      () => runs.record(id, { tags: { a: 'b' } }),
      () => runs.record(id, { inputs: [anInput('deleted')] }),
      () => runs.end(id, 'FINISHED'),
    ]) {
      await expect(write()).rejects.toMatchObject({
        code: 'RUN_NOT_FOUND',
        details: { runId: id },
      });
    }
  });

  describe('the experiment', () => {
    test('is Default when nobody names one', async () => {
      expect(await runs.start({})).toMatchObject({ experimentId: '0' });
    });

    test('is the one of the environment where the run names none', async () => {
      const named = connectMlflow({ trackingUri: server.url, experimentName: 'from env' }).runs;
      const [first, second] = [await named.start({}), await named.start({ experiment: 'own' })];
      const byId = connectMlflow({
        trackingUri: server.url,
        experimentId: first.experimentId,
      }).runs;
      expect((await byId.start({})).experimentId).toBe(first.experimentId);
      expect(second.experimentId).not.toBe(first.experimentId);
    });

    test('that was deleted is named, with the command that brings it back', async () => {
      const { experimentId } = await runs.start({ experiment: 'to be deleted' });
      await rest(server, 'POST', 'experiments/delete', { experiment_id: experimentId });
      await expect(runs.start({ experiment: 'to be deleted' })).rejects.toMatchObject({
        code: 'NAME_INVALID',
        details: {
          name: 'to be deleted',
          problem: expect.stringContaining(`mlflow experiments restore -x ${experimentId}`),
        },
      });
    });

    test.each([
      { experiment: '', why: 'empty' },
      { experiment: 'x'.repeat(501), why: 'too long' },
    ])('of a name that MLflow refuses: $why', async ({ experiment }) => {
      await expect(runs.start({ experiment })).rejects.toMatchObject({ code: 'NAME_INVALID' });
    });

    test('of an id that is not there is told in the words of the server', async () => {
      const { runs: lost } = connectMlflow({ trackingUri: server.url, experimentId: '4711' });
      await expect(lost.start({})).rejects.toMatchObject({
        code: 'SERVER_REFUSED',
        details: { problem: expect.stringContaining('4711') },
      });
    });
  });

  test('a started run says who started it, as one of the Python client does', async () => {
    const run = await runs.start({ tags: { 'mlflow.source.name': 'train.py' } });
    expect(run.tags).toMatchObject({
      'mlflow.user': 'ann',
      'mlflow.source.type': 'LOCAL',
      'mlflow.source.name': 'train.py',
    });
  });

  test('an artifact goes through the server and comes back to the letter', async () => {
    const { id } = await runs.start({});
    const text = '{"é": "😀"}\n';
    expect(await runs.writeArtifact(id, 'asof/my stämp.json', text)).toBe(true);
    const query = new URLSearchParams({ path: 'asof/my stämp.json', run_uuid: id });
    const answer = await fetch(`${server.url}/get-artifact?${query}`);
    expect(await answer.text()).toBe(text);
  });

  test('the page of a run is one that the server has', async () => {
    const run = await runs.start({});
    const page = runs.page(run) ?? '';
    expect(page).toBe(`${server.url}/#/experiments/0/runs/${run.id}`);
    expect(await (await fetch(page)).text()).toContain('<title>MLflow');
  });
});

describe.skipIf(python === undefined)('an MLflow that does not hand out artifacts', () => {
  test('takes none from asof either', async () => {
    const server = await startMlflow(python ?? '', { args: ['--no-serve-artifacts'] });
    try {
      const { runs } = connectMlflow({ trackingUri: server.url });
      const { id } = await runs.start({});
      expect(await runs.writeArtifact(id, 'asof/stamp.json', '{}')).toBe(false);
    } finally {
      await server.stop();
    }
  });
});
