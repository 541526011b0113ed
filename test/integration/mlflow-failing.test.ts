import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { connectMlflow } from '../../src/registry/mlflow/connect-mlflow.ts';
import {
  type MlflowServer,
  type MlflowServerOptions,
  rest,
  startMlflow,
} from './support/mlflow-server.ts';

const python = inject('python');

describe.skipIf(python === undefined)('an MLflow in trouble', () => {
  let server: MlflowServer;
  beforeAll(async () => {
    server = await startMlflow(python ?? '');
  });
  afterAll(() => server?.stop());

  /** Starts a server for one test that does not leave it as it was. */
  async function withServer(
    options: MlflowServerOptions,
    test: (server: MlflowServer) => Promise<void>,
  ) {
    const own = await startMlflow(python ?? '', options);
    try {
      await test(own);
    } finally {
      await own.stop();
    }
  }

  test('that dies between two pages ends the list with an error, not early; down, it is told within seconds', () =>
    withServer({}, async (own) => {
      const { runs, models, search } = connectMlflow({ trackingUri: own.url, pageSize: 2 });
      const { id: runId } = await runs.start({});
      for (let more = 0; more < 4; more++) await runs.start({});
      const seen: string[] = [];
      const list = async () => {
        for await (const { id } of search.all()) {
          seen.push(id);
          if (seen.length === 1) await own.kill();
        }
      };
      await expect(list()).rejects.toMatchObject({ code: 'SERVER_UNREACHABLE' });
      expect(seen).toHaveLength(2);

      for (const ask of [
        () => runs.get(runId),
        () => runs.start({}),
        () => models.register({ name: 'churn', runId }),
      ]) {
        await expect(ask()).rejects.toMatchObject({
          code: 'SERVER_UNREACHABLE',
          details: { url: own.url, problem: 'nothing listens there (connection refused)' },
        });
      }
    }));

  test('that is slow is told after the time that it was given, and heard again later', async () => {
    const { runs } = connectMlflow({ trackingUri: server.url });
    const { id } = await runs.start({});
    const hurried = connectMlflow({ trackingUri: server.url, timeoutSeconds: 1 });
    server.pause();
    const answer = hurried.runs.get(id).finally(() => server.resume());
    await expect(answer).rejects.toMatchObject({ code: 'SERVER_TIMEOUT', details: { seconds: 1 } });
    expect(await runs.get(id)).toMatchObject({ id });
  });

  test('that is slow does not hold an abort back', async () => {
    const { runs } = connectMlflow({ trackingUri: server.url });
    const { id } = await runs.start({});
    server.pause();
    const reason = new Error('enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 200);
    const answer = runs.get(id, { signal: controller.signal }).finally(() => server.resume());
    await expect(answer).rejects.toBe(reason);
  });

  test('answers a route that it does not have, and a wrong method, in HTML', async () => {
    const html = { json: undefined, text: expect.stringContaining('<!doctype html>') };
    expect(await rest(server, 'GET', 'no-such-route')).toMatchObject({ status: 404, ...html });
    expect(await rest(server, 'POST', 'runs/get', {})).toMatchObject({ status: 405, ...html });
    const { runs, models } = connectMlflow({ trackingUri: `${server.url}/health` });
    const unexpected = { code: 'UNEXPECTED_RESPONSE' };
    await expect(runs.get('ab12')).rejects.toMatchObject(unexpected);
    await expect(models.model('churn')).rejects.toMatchObject(unexpected);
  });

  test('below a path is found there, and only there', () =>
    withServer({ prefix: '/tracking' }, async (own) => {
      const { runs, models } = connectMlflow({ trackingUri: `${own.url}/` });
      const run = await runs.start({});
      expect(await models.register({ name: 'churn', runId: run.id })).toMatchObject({ version: 1 });
      expect(await runs.writeArtifact(run.id, 'a.json', '{}')).toBe(true);
      expect(runs.page(run)).toBe(`${own.url}/#/experiments/0/runs/${run.id}`);
      const lost = connectMlflow({ trackingUri: new URL(own.url).origin }).runs;
      await expect(lost.get(run.id)).rejects.toMatchObject({
        code: 'UNEXPECTED_RESPONSE',
        details: { problem: expect.stringMatching(/^HTTP 404 .*Not Found/) },
      });
    }));

  test('that does not know the name it is called by is quoted', () =>
    withServer({ args: ['--allowed-hosts', 'mlflow.company.test'] }, async (own) => {
      const { runs } = connectMlflow({ trackingUri: own.url });
      await expect(runs.get('ab12')).rejects.toMatchObject({
        code: 'LOGIN_REFUSED',
        details: { status: 403, problem: expect.stringContaining('Invalid Host header') },
      });
    }));
});
