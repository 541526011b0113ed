import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startMlflow } from '../../test/integration/support/mlflow-server.ts';
import { costOf, type Subject } from '../subject.ts';

const table = 'analytics.customer_features';
const script = 'Python: mlflow + deltalake';

export const trace: Subject = {
  title: 'Which table version trained the model in Production',
  async measure({ stopwatch, asof, python, scripts, cache, note }) {
    const project = join(cache, 'trace');
    await rm(project, { recursive: true, force: true });
    await mkdir(project, { recursive: true });
    const location = join(project, 'customer_features');
    await cp('fixtures/delta-tables/customer_features/table', location, { recursive: true });
    await writeFile(join(project, 'asof.yaml'), `tables:\n  ${table}: ./customer_features\n`);
    note('starting an MLflow server');
    const server = await startMlflow(python);
    try {
      const env = { MLFLOW_TRACKING_URI: server.url, MLFLOW_DISABLE_TELEMETRY: 'true' };
      const run = (...args: readonly string[]) =>
        stopwatch.run({ argv: [...asof, ...args], cwd: project, env });
      const nothing = [process.execPath, '-e', '0'];
      const ran = await run('run', '--table', `features=${table}`, '--json', '--', ...nothing);
      await run('model', 'register', 'churn_model', '--run', JSON.parse(ran).runId);
      await run('model', 'promote', 'models:/churn_model/1', '--stage', 'Production');

      const costs = await stopwatch.compare(
        [
          {
            name: 'asof trace',
            argv: [...asof, 'trace', 'models:/churn_model/Production'],
            cwd: project,
            env,
          },
          {
            name: script,
            argv: [python, join(scripts, 'trace_model.py'), 'churn_model', location],
            cwd: project,
            env,
          },
        ],
        10,
      );
      const ours = costOf('asof trace', costs);
      return [
        {
          title: 'One model, from a local MLflow server and a local table',
          costs,
          targets: [
            {
              promise: 'asof trace: within 500 ms of process time',
              found: `${ours.cpuMs.toFixed(0)} ms`,
              holds: ours.cpuMs <= 500,
            },
          ],
        },
      ];
    } finally {
      await server.stop();
    }
  },
};
