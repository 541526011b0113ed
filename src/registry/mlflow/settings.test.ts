import { expect, test } from 'vitest';
import { mlflowSettings } from './settings.ts';

const trackingUri = 'http://127.0.0.1:5000';
const settingsOf = (env: Record<string, string>, file = {}) =>
  mlflowSettings({ MLFLOW_TRACKING_URI: trackingUri, ...env }, file);

test('without a tracking URI there is no MLflow', () => {
  expect(mlflowSettings({ MLFLOW_TRACKING_TOKEN: 'x' })).toBeUndefined();
  expect(mlflowSettings({ MLFLOW_TRACKING_URI: '' })).toBeUndefined();
});

test('nothing else is needed', () => {
  expect(settingsOf({})).toEqual({ trackingUri, proxies: {} });
});

test('every variable of MLflow that asof knows has its place', () => {
  const env = {
    MLFLOW_REGISTRY_URI: 'http://registry',
    MLFLOW_TRACKING_USERNAME: 'ann',
    MLFLOW_TRACKING_PASSWORD: 'secret',
    MLFLOW_TRACKING_TOKEN: 'token',
    MLFLOW_TRACKING_INSECURE_TLS: 'True',
    MLFLOW_TRACKING_CLIENT_CERT_PATH: '/c.pem',
    MLFLOW_HTTP_REQUEST_TIMEOUT: '30',
    MLFLOW_HTTP_REQUEST_MAX_RETRIES: '0',
    MLFLOW_WORKSPACE: ' team ',
    MLFLOW_EXPERIMENT_NAME: 'churn',
    MLFLOW_EXPERIMENT_ID: '7',
    MLFLOW_TRACKING_AWS_SIGV4: 'false',
    USER: 'root',
    HTTPS_PROXY: 'http://proxy:3128',
    no_proxy: 'localhost',
  };
  expect(settingsOf(env)).toEqual({
    trackingUri,
    registryUri: 'http://registry',
    username: 'ann',
    password: 'secret',
    token: 'token',
    insecureTls: true,
    clientCertPath: '/c.pem',
    timeoutSeconds: 30,
    maxRetries: 0,
    workspace: 'team',
    experimentName: 'churn',
    experimentId: '7',
    user: 'ann',
    proxies: { https: 'http://proxy:3128', bypass: 'localhost' },
  });
});

test('who runs it is asked of the system where no login says it', () => {
  expect(settingsOf({ USER: 'root', LOGNAME: 'ann' })).toMatchObject({ user: 'ann' });
});

test('the credentials file fills what the environment leaves out, each on its own', () => {
  const file = { username: 'file', password: 'of the file' };
  expect(settingsOf({}, file)).toMatchObject({ username: 'file', password: 'of the file' });
  const both = settingsOf({ MLFLOW_TRACKING_USERNAME: 'ann' }, file);
  expect(both).toMatchObject({ username: 'ann', password: 'of the file' });
});

test.each([
  { name: 'MLFLOW_TRACKING_INSECURE_TLS', value: 'yes' },
  { name: 'MLFLOW_HTTP_REQUEST_TIMEOUT', value: '0' },
  { name: 'MLFLOW_HTTP_REQUEST_TIMEOUT', value: 'a minute' },
  { name: 'MLFLOW_HTTP_REQUEST_MAX_RETRIES', value: '-1' },
  { name: 'MLFLOW_TRACKING_AWS_SIGV4', value: 'true' },
  { name: 'MLFLOW_TRACKING_AUTH', value: 'kubernetes' },
])('$name=$value is refused by its name', ({ name, value }) => {
  expect(() => settingsOf({ [name]: value })).toThrow(
    expect.objectContaining({
      code: 'CONFIG_INVALID',
      details: expect.objectContaining({ path: name }),
    }),
  );
});

test('authorities for certificates that are not checked are a contradiction', () => {
  const env = { MLFLOW_TRACKING_INSECURE_TLS: '1', MLFLOW_TRACKING_SERVER_CERT_PATH: '/ca.pem' };
  expect(() => settingsOf(env)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});
