import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import { mlflowClient, refusalOf } from './client.ts';
import { connectMlflow } from './connect-mlflow.ts';
import type { MlflowSettings } from './settings.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function serverOf(answer: RequestListener) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const ok: RequestListener = (_, response) => response.end('{}');
const answering =
  (status: number, body: string): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(body);

const anything = z.unknown();
const clientOf = (uri: string, settings: Partial<MlflowSettings> = {}) =>
  mlflowClient(uri, { trackingUri: uri, ...settings });

test('routes go below the path of the tracking URI', async () => {
  const { url, seen } = await serverOf(ok);
  const client = clientOf(`${url}/mlflow/`);
  await client.get('runs/get', { run_id: 'a b&c', none: undefined }, anything);
  await client.putArtifact('0/ab/artifacts/a b/é#?.json', '{}');
  expect(seen.map((request) => request.url)).toEqual([
    '/mlflow/api/2.0/mlflow/runs/get?run_id=a+b%26c',
    '/mlflow/api/2.0/mlflow-artifacts/artifacts/0/ab/artifacts/a%20b/%C3%A9%23%3F.json',
  ]);
  expect(client.title).toBe(`MLflow at ${url}/mlflow`);
});

test.each([
  { why: 'nothing', settings: {}, authorization: undefined },
  { why: 'a token', settings: { token: 't' }, authorization: 'Bearer t' },
  {
    why: 'user and password, also where there is a token',
    settings: { username: 'ann', password: 'pä:ss', token: 't' },
    authorization: `Basic ${Buffer.from('ann:pä:ss').toString('base64')}`,
  },
  {
    why: 'a user without a password is no login',
    settings: { username: 'ann', token: 't' },
    authorization: 'Bearer t',
  },
])('it logs in with $why', async ({ settings, authorization }) => {
  const { url, seen } = await serverOf(ok);
  await clientOf(url, settings).get('x', {}, anything);
  expect(seen[0]?.headers.authorization).toBe(authorization);
});

test('a login in the URL wins, and is told in no message', async () => {
  const { url, seen } = await serverOf(answering(401, 'no'));
  const uri = url.replace('http://', 'http://bob:hunter2@');
  const client = clientOf(uri, { username: 'ann', password: 'x' });
  const error = await failureOf(client.get('x', {}, anything));
  expect(seen[0]?.headers.authorization).toBe(
    `Basic ${Buffer.from('bob:hunter2').toString('base64')}`,
  );
  expect(error).toMatchObject({ details: { using: 'the user bob and a password' } });
  expect(client.title + error.message + JSON.stringify(error)).not.toContain('hunter2');
});

test('a user without a password is named when the login is refused', async () => {
  const { url } = await serverOf(answering(401, 'no'));
  await expect(clientOf(url, { username: 'ann' }).get('x', {}, anything)).rejects.toMatchObject({
    code: 'LOGIN_REFUSED',
    details: { using: 'no credentials: the user ann has no password' },
  });
});

test('a token that no header can hold is refused before fetch repeats it', () => {
  expect(() => clientOf('http://h', { token: 'secret\n' })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      message: expect.not.stringContaining('secret'),
    }),
  );
});

test('a proxy may be written without a scheme, with a password that is not encoded', async () => {
  const { url, seen } = await serverOf(ok);
  const http = url.replace('http://', 'ann:50%off@');
  await clientOf('http://h.test/', { proxies: { http } }).get('x', {}, anything);
  expect(seen[0]?.headers).toMatchObject({
    host: 'h.test',
    'proxy-authorization': `Basic ${Buffer.from('ann:50%off').toString('base64')}`,
  });
});

test.each(['http://', 'http://ann:s#cret@h:1', 'ftp://s:cret@h:1'])(
  'as a proxy %s is refused, and not repeated',
  (http) => {
    expect(() => clientOf('http://h', { proxies: { http } })).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.not.stringContaining('cret'),
      }),
    );
  },
);

test('the workspace travels as a header', async () => {
  const { url, seen } = await serverOf(ok);
  await clientOf(url, { workspace: 'team' }).get('x', {}, anything);
  expect(seen[0]?.headers['x-mlflow-workspace']).toBe('team');
});

test('no model is made for a version of which the source is not there', async () => {
  const { url, seen } = await serverOf((request, response) => {
    const info = { run_id: 'r', experiment_id: '0', status: 'FINISHED' };
    if (request.url?.includes('/runs/get?')) response.end(JSON.stringify({ run: { info } }));
    else answering(404, '{"error_code":"RESOURCE_DOES_NOT_EXIST"}')(request, response);
  });
  const { models } = connectMlflow({ trackingUri: url });
  const made = models.register({ name: 'new', runId: 'r', source: 'models:/nope/1' });
  await expect(made).rejects.toMatchObject({ code: 'SERVER_REFUSED' });
  expect(seen.map((request) => request.url?.split('/mlflow/')[1])).not.toContain(
    'registered-models/create',
  );
});

test('the registry may be another server, with the same login', async () => {
  const [tracking, registry] = [
    await serverOf(answering(404, '{"error_code":"RESOURCE_DOES_NOT_EXIST"}')),
    await serverOf(answering(404, '{"error_code":"RESOURCE_DOES_NOT_EXIST"}')),
  ];
  const { runs, models } = connectMlflow({
    trackingUri: tracking.url,
    registryUri: registry.url,
    token: 't',
  });
  await expect(runs.get('x')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  await expect(models.versionsOfRun('x')).rejects.toMatchObject({ code: 'SERVER_REFUSED' });
  expect(tracking.seen).toHaveLength(1);
  expect(registry.seen[0]?.headers.authorization).toBe('Bearer t');
});

test('a registry that asof can not use is refused at once', () => {
  const withRegistry = (registryUri: string) => () =>
    connectMlflow({ trackingUri: 'http://h', registryUri });
  expect(withRegistry('uc:http://h')).toThrow(
    expect.objectContaining({ code: 'TRACKING_URI_UNSUPPORTED' }),
  );
  expect(withRegistry('databricks-uc')).toThrow(
    expect.objectContaining({ code: 'DATABRICKS_UNCONFIGURED' }),
  );
});

test('a refusal carries the words of the server, without the statement that failed', async () => {
  const message = 'Experiment exists. Error: x\n[SQL: INSERT INTO experiments]';
  const refusal = JSON.stringify({ error_code: 'RESOURCE_ALREADY_EXISTS', message });
  const { url } = await serverOf(answering(400, refusal));
  const error = await failureOf(clientOf(url).post('experiments/create', {}, anything));
  expect(error).toMatchObject({
    code: 'SERVER_REFUSED',
    details: {
      source: `POST ${url}/api/2.0/mlflow/experiments/create`,
      status: 400,
      problem: 'Experiment exists. Error: x',
    },
  });
  expect(refusalOf(error, 'RESOURCE_ALREADY_EXISTS')).toBe('Experiment exists. Error: x');
  expect(refusalOf(error, 'RESOURCE_DOES_NOT_EXIST', 'INVALID_PARAMETER_VALUE')).toBeUndefined();
});

test.each([
  { why: 'a route that the server does not know', status: 404, body: '<h1>Not Found</h1>' },
  { why: 'a route of another method', status: 405, body: '<h1>Method Not Allowed</h1>' },
  { why: 'another kind of server', status: 404, body: '{"detail":"Not Found"}' },
  { why: 'no route', status: 404, body: '{"error_code":"ENDPOINT_NOT_FOUND","message":"x"}' },
  { why: 'a login page', status: 200, body: '<html>Sign in</html>' },
  { why: 'another shape', status: 200, body: '{"run":{"info":{}}}' },
  { why: 'a list', status: 200, body: '[]' },
  {
    why: 'a whole number past 2^53',
    status: 200,
    body: '{"run":{"info":{"run_id":"a","experiment_id":"0","start_time":9007199254740993}}}',
  },
])('what is not MLflow is told, not taken for an answer: $why', async ({ status, body }) => {
  const { url } = await serverOf(answering(status, body));
  const { runs } = connectMlflow({ trackingUri: url });
  await expect(runs.get('ab12')).rejects.toMatchObject({
    code: 'UNEXPECTED_RESPONSE',
    details: { source: `GET ${url}/api/2.0/mlflow/runs/get` },
  });
});

test('making a run is never sent twice, writing to it is', async () => {
  const { url, seen } = await serverOf((request) => request.socket.destroy());
  const client = clientOf(url, { maxRetries: 1 });
  await expect(client.create('runs/create', {}, anything)).rejects.toThrow();
  expect(seen).toHaveLength(1);
  await expect(client.post('runs/log-batch', {}, anything)).rejects.toThrow();
  expect(seen).toHaveLength(3);
});

async function failureOf(answer: Promise<unknown>): Promise<Error> {
  return answer.then(
    () => expect.unreachable('it did not fail'),
    (error: Error) => error,
  );
}
