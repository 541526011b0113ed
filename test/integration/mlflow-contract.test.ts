import { afterAll, beforeAll, describe, inject } from 'vitest';
import { connectMlflow } from '../../src/registry/mlflow/connect-mlflow.ts';
import { registryContract } from '../contract/registry.ts';
import { type MlflowServer, startMlflow } from './support/mlflow-server.ts';

const python = inject('python');

describe.skipIf(python === undefined)('MLflow', () => {
  let server: MlflowServer;
  beforeAll(async () => {
    server = await startMlflow(python ?? '');
  });
  afterAll(() => server?.stop());

  registryContract('MLflow', async () => connectMlflow({ trackingUri: server.url }));
  // Pages of two, so that every list that a test makes is turned over.
  registryContract('MLflow in small pages', async () =>
    connectMlflow({ trackingUri: server.url, pageSize: 2 }),
  );
});
