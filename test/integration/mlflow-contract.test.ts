import { afterAll, beforeAll, describe, inject } from 'vitest';
import { connectMlflow } from '../../src/registry/mlflow/connect-mlflow.ts';
import { registryContract } from '../contract/registry.ts';
import { runSearchContract } from '../contract/run-search.ts';
import { type MlflowServer, startMlflow } from './support/mlflow-server.ts';

const python = inject('python');

describe.skipIf(python === undefined)('MLflow', () => {
  let server: MlflowServer;
  beforeAll(async () => {
    server = await startMlflow(python ?? '');
  });
  afterAll(() => server?.stop());

  const whole = async () => connectMlflow({ trackingUri: server.url });
  // Pages of two, so that every list that a test makes is turned over.
  const paged = async () => connectMlflow({ trackingUri: server.url, pageSize: 2 });
  registryContract('MLflow', whole);
  registryContract('MLflow in small pages', paged);
  runSearchContract('MLflow', whole);
  runSearchContract('MLflow in small pages', paged);
});
