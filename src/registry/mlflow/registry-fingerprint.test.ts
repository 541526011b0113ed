import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { connectMlflow } from './connect-mlflow.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that gives its models, and answers as told when asked for the newest version. */
async function registryOf(status: number, newest: object) {
  const server = createServer((request, response) => {
    const isModels = request.url?.includes('/registered-models/search') === true;
    response.writeHead(isModels ? 200 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isModels ? { registered_models: [{ name: 'churn' }] } : newest));
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return connectMlflow({ trackingUri: `http://127.0.0.1:${port}` }).models;
}

test('is told by the models and the newest version', async () => {
  const models = await registryOf(200, { model_versions: [{ name: 'churn', version: '1' }] });
  const others = await registryOf(200, { model_versions: [{ name: 'churn', version: '2' }] });
  expect(await models.fingerprint?.()).toMatch(/^[0-9a-f]{64}$/);
  expect(await models.fingerprint?.()).toBe(await models.fingerprint?.());
  expect(await others.fingerprint?.()).not.toBe(await models.fingerprint?.());
});

test('is none of a server that knows no such order', async () => {
  const message = 'Invalid order_by';
  const models = await registryOf(400, { error_code: 'INVALID_PARAMETER_VALUE', message });
  expect(await models.fingerprint?.()).toBeUndefined();
});

test('is not had where the server fails', async () => {
  const models = await registryOf(403, { error_code: 'PERMISSION_DENIED', message: 'no' });
  await expect(models.fingerprint?.()).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
});

test('is none on Databricks, whose registry is another', () => {
  const databricks = {
    env: { DATABRICKS_HOST: 'https://h', DATABRICKS_TOKEN: 't' },
    configFile: '',
  };
  const { models } = connectMlflow({ trackingUri: 'databricks', databricks });
  expect(models.fingerprint).toBeUndefined();
});
