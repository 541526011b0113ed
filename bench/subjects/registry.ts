import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { manyRuns, modelCount, runCount, versionsOfEach } from '../data/many-runs.ts';
import { atMostSeconds, type Subject } from '../subject.ts';

export const registry: Subject = {
  title: 'Which data trained each registered model',
  async measure(bench) {
    const { stopwatch, asof, python, scripts, note } = bench;
    const { project, server } = await manyRuns(bench);
    try {
      const env = { MLFLOW_TRACKING_URI: server.url, MLFLOW_DISABLE_TELEMETRY: 'true' };
      const ledger = join(project, 'asof.db');
      const ours = (name: string, ...args: readonly string[]) => ({
        name,
        argv: [...asof, ...args],
        cwd: project,
        env,
      });
      note('asking for all models in several ways, three times');
      const costs = await stopwatch.compare(
        [
          {
            ...ours('asof sync, first', 'sync'),
            prepare: () => rm(ledger, { force: true }),
          },
          ours('asof sync, again', 'sync'),
          ours('asof status', 'status', '--json'),
          ours('asof status --offline', 'status', '--offline', '--json'),
          {
            name: 'Python: mlflow',
            argv: [python, join(scripts, 'trace_registry.py')],
            cwd: project,
            env,
          },
        ],
        3,
      );
      return [
        {
          title: `${runCount} runs, ${modelCount * versionsOfEach} model versions, on a local MLflow server`,
          costs,
          targets: [
            atMostSeconds(4, 'asof sync, first', costs),
            atMostSeconds(0.5, 'asof sync, again', costs),
            atMostSeconds(4, 'asof status', costs),
            atMostSeconds(0.5, 'asof status --offline', costs),
          ],
        },
      ];
    } finally {
      await server.stop();
    }
  },
};
