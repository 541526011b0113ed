import { existsSync } from 'node:fs';
import { cp, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type MlflowServer, startMlflow } from '../../test/integration/support/mlflow-server.ts';
import type { Bench } from '../subject.ts';

export const runCount = 20_000;
export const modelCount = 100;
export const versionsOfEach = 20;
const table = 'analytics.customer_features';
const versions = 8;

/**
 * A project with a table, and an MLflow server over its many runs and models: a few were stamped by asof, all others are copies, most of
 * them without the stamp.
 */
export async function manyRuns(
  bench: Bench,
): Promise<{ readonly project: string; readonly server: MlflowServer }> {
  const { cache, note, python, stopwatch, scripts } = bench;
  const project = join(cache, 'many-runs');
  const serve = (folder: string) =>
    startMlflow(python, {
      args: ['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`],
    });
  if (!existsSync(project)) {
    note(`making ${runCount} runs and ${modelCount * versionsOfEach} model versions`);
    const staging = `${project}.partial`;
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging, { recursive: true });
    await cp('fixtures/delta-tables/customer_features/table', join(staging, 'customer_features'), {
      recursive: true,
      preserveTimestamps: true,
    });
    const location = join(project, 'customer_features');
    await writeFile(join(staging, 'asof.yaml'), `tables:\n  ${table}: ${location}\n`);
    await rename(staging, project);
    const server = await serve(project);
    try {
      await stampFew(bench, project, server);
    } finally {
      await server.stop();
    }
    const counts = [runCount, modelCount, versionsOfEach].map(String);
    const program = join(scripts, 'multiply_runs.py');
    const args = [join(project, 'mlflow.db'), ...counts, location];
    await stopwatch.run({ argv: [python, program, ...args] });
  }
  return { project, server: await serve(project) };
}

async function stampFew({ stopwatch, asof }: Bench, project: string, server: MlflowServer) {
  const env = { MLFLOW_TRACKING_URI: server.url };
  const run = (...args: readonly string[]) =>
    stopwatch.run({ argv: [...asof, ...args], cwd: project, env });
  const nothing = [process.execPath, '-e', '0'];
  for (let version = 0; version < versions; version++) {
    const pin = `features=${table}@v${version}`;
    const ran = await run('run', '--table', pin, '--json', '--', ...nothing);
    if (version === 0) await run('model', 'register', 'template', '--run', JSON.parse(ran).runId);
  }
}
