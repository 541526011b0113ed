import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { manyRows } from '../data/many-rows.ts';
import { atMost, costOf, noSlower, type Subject } from '../subject.ts';

const twoGiB = 2 * 2 ** 30;

export const rehydrate: Subject = {
  title: 'Rehydrating 10 million rows × 20 columns as Parquet (zstd)',
  async measure(bench) {
    const { stopwatch, asof, python, programs, scripts, cache, note } = bench;
    const table = await manyRows(bench);
    const out = join(cache, 'rehydrated');
    const prepare = () => rm(out, { recursive: true, force: true });
    note('copying the rows in four ways, four times');
    const node = (program: string) => [process.execPath, join(programs, program)];
    const costs = await stopwatch.compare(
      [
        {
          name: 'asof rehydrate',
          argv: [...asof, 'rehydrate', `${table}@v0`, '--out', out],
          prepare,
        },
        {
          name: 'Python deltalake + pyarrow',
          argv: [python, join(scripts, 'rehydrate.py'), table, '0', out],
          prepare,
        },
        { name: 'DuckDB alone', argv: [...node('duckdb-copy.js'), table, out], prepare },
        { name: 'cp', argv: ['cp', '-r', table, out], prepare },
      ],
      3,
    );
    note('making a Delta table of it in three ways, four times');
    const links = await stopwatch.compare(
      [
        {
          name: 'asof rehydrate --as delta',
          argv: [...asof, 'rehydrate', `${table}@v0`, '--as', 'delta', '--out', out],
          prepare,
        },
        { name: 'cp -l', argv: ['cp', '-rl', table, out], prepare },
        { name: 'cp', argv: ['cp', '-r', table, out], prepare },
      ],
      3,
    );
    await prepare();
    const { peakBytes } = costOf('asof rehydrate', costs);
    return [
      {
        title: 'From local files, hot in the page cache',
        costs,
        targets: [
          noSlower('asof rehydrate', 'Python deltalake + pyarrow', costs),
          noSlower('asof rehydrate', 'DuckDB alone', costs),
          {
            promise: 'asof rehydrate: in less than 2 GiB of memory',
            found: `${(peakBytes / 2 ** 30).toFixed(2)} GiB`,
            holds: peakBytes < twoGiB,
          },
        ],
      },
      {
        title: 'As a Delta table of the same files, without reading a row',
        costs: links,
        targets: [atMost(2, 'asof rehydrate --as delta', 'cp', links)],
      },
    ];
  },
};
