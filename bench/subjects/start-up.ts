import { atMost, type Subject } from '../subject.ts';

export const startUp: Subject = {
  title: 'Start-up',
  async measure({ stopwatch, asof }) {
    const costs = await stopwatch.compare(
      [
        { name: 'node -e 0', argv: [process.execPath, '-e', '0'] },
        { name: 'asof --version', argv: [...asof, '--version'] },
        { name: 'asof --help', argv: [...asof, '--help'] },
      ],
      25,
    );
    return [
      {
        title: 'Starting, and nothing else',
        costs,
        targets: [atMost(1.6, 'asof --version', 'node -e 0', costs)],
      },
    ];
  },
};
