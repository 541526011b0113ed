import { manyModels, tableCount } from '../data/many-models.ts';
import { costOf, type Subject } from '../subject.ts';

const counts = [1000, 10_000] as const;

export const status: Subject = {
  title: 'Which of all models can still be reproduced, and until when',
  async measure(bench) {
    const { stopwatch, asof } = bench;
    const projects = await manyModels(bench, counts);
    const nameOf = (models: number) => `asof status, ${models} model versions`;
    const costs = await stopwatch.compare(
      projects.map(({ models, project }) => ({
        name: nameOf(models),
        argv: [...asof, 'status', '--json'],
        cwd: project,
      })),
      3,
    );
    const [few, many] = counts.map((models) => costOf(nameOf(models), costs));
    const perModel = ((many?.wallMs ?? 0) - (few?.wallMs ?? 0)) / (counts[1] - counts[0]);
    return [
      {
        title: `Stamped model versions over ${tableCount} tables of 200 versions, from their logs`,
        costs,
        targets: [
          {
            promise: '10,000 model versions: within 10 s',
            found: `${((many?.wallMs ?? 0) / 1000).toFixed(1)} s`,
            holds: (many?.wallMs ?? Number.POSITIVE_INFINITY) <= 10_000,
          },
          {
            promise: 'each further model version: within 1 ms',
            found: `${perModel.toFixed(2)} ms`,
            holds: perModel <= 1,
          },
        ],
      },
    ];
  },
};
