import { join, resolve } from 'node:path';
import { type ScaleTable, scaleTables } from '../data/scale.ts';
import { atMostMemory, type Bench, type Comparison, noSlower, type Subject } from '../subject.ts';

const ours = 'deltalake-js';
const reader = 'asof';
const theirs = 'Python deltalake';
const spark = 'Spark, a second time in its session';
const jars = resolve('.venv', 'ivy', 'jars');

export const scale: Subject = {
  title: 'Large tables: opening them with all their files, and reading their rows',
  async measure(bench) {
    const comparisons: Comparison[] = [];
    for (const table of await scaleTables(bench)) {
      comparisons.push(await compareOpening(bench, table));
      if (table.hasRows) comparisons.push(await compareReading(bench, table));
    }
    return comparisons;
  },
};

async function compareOpening(
  { stopwatch, python, programs, scripts, note }: Bench,
  { title, path }: ScaleTable,
): Promise<Comparison> {
  note(`opening ${title}`);
  const besides = await stopwatch.compare(
    [{ name: spark, argv: [python, join(scripts, 'open_table_spark.py'), jars, path] }],
    1,
  );
  const opened = await stopwatch.compare(
    [
      { name: ours, argv: [process.execPath, join(programs, 'open-table.js'), path] },
      { name: theirs, argv: [python, join(scripts, 'open_table.py'), path] },
    ],
    3,
  );
  const costs = [...opened, ...besides];
  return {
    title: `Opening: ${title}`,
    costs,
    targets: [
      noSlower(ours, theirs, costs),
      noSlower(ours, theirs, costs, 'insideMs'),
      noSlower(ours, spark, costs, 'insideMs'),
      atMostMemory(1.5, ours, costs),
    ],
  };
}

async function compareReading(
  { stopwatch, python, programs, scripts, note }: Bench,
  { title, path }: ScaleTable,
): Promise<Comparison> {
  note(`reading ${title}`);
  const costs = await stopwatch.compare(
    [
      { name: reader, argv: [process.execPath, join(programs, 'read-rows.js'), path] },
      { name: theirs, argv: [python, join(scripts, 'read_rows.py'), path] },
    ],
    3,
  );
  return { title: `Reading all rows: ${title}`, costs };
}
