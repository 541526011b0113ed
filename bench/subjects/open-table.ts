import { join } from 'node:path';
import { commits, manyCommits } from '../data/many-commits.ts';
import { type Bench, type Comparison, noSlower, type Subject, timesFaster } from '../subject.ts';

const ours = 'deltalake-js';
const theirs = 'Python deltalake';

export const openTable: Subject = {
  title: 'Opening a table of 10,000 commits: a snapshot with all its files and their statistics',
  async measure(bench) {
    const comparisons: Comparison[] = [];
    for (const { title, path } of await manyCommits(bench)) {
      for (const version of [undefined, commits / 2 + 50]) {
        comparisons.push(await compare(bench, title, path, version));
      }
    }
    return comparisons;
  },
};

async function compare(
  { stopwatch, asof, python, programs, scripts, note }: Bench,
  title: string,
  path: string,
  version: number | undefined,
): Promise<Comparison> {
  const at = version === undefined ? 'at the latest version' : `at version ${version}`;
  note(`${title}, ${at}`);
  const args = version === undefined ? [] : [String(version)];
  const inside = [process.execPath, join(programs, 'open-table.js'), path, ...args];
  const costs = await stopwatch.compare(
    [
      { name: ours, argv: inside },
      {
        name: theirs,
        argv: [python, join(scripts, 'open_table.py'), path, ...args],
      },
      {
        name: 'asof show',
        argv: [...asof, 'show', version === undefined ? path : `${path}@v${version}`],
      },
    ],
    7,
  );
  return {
    title: `${title[0]?.toUpperCase()}${title.slice(1)}, ${at}`,
    costs,
    targets: (['insideMs', 'wallMs'] as const).map((by) =>
      title === 'without a checkpoint'
        ? timesFaster(4, ours, theirs, costs, by)
        : noSlower(ours, theirs, costs, by),
    ),
  };
}
