import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../test/support/tables.ts';
import { connectRegistry } from './connect-registry.ts';
import { loadSettings } from './settings.ts';

test('without a server the registry is the ledger, and nothing is made before something is kept', async () => {
  const folder = await temporaryFolder();
  const settings = await loadSettings({ cwd: folder, env: {} });
  const { runs, models, close } = await connectRegistry(settings);
  expect(runs.title).toBe(`the ledger ${join(folder, 'asof.db')}`);
  for await (const _ of models.models()) expect.unreachable('there is no model');
  await expect(runs.get('x')).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  expect(existsSync(join(folder, 'asof.db'))).toBe(false);
  await runs.start({});
  expect(existsSync(join(folder, 'asof.db'))).toBe(true);
  close();
});

test('with a server the registry is MLflow, and nothing is asked of it yet', async () => {
  const folder = await temporaryFolder();
  const env = { MLFLOW_TRACKING_URI: 'http://127.0.0.1:9' };
  const { runs, close } = await connectRegistry(await loadSettings({ cwd: folder, env }));
  expect(runs.title).toContain('http://127.0.0.1:9');
  expect(existsSync(join(folder, 'asof.db'))).toBe(false);
  close();
});
